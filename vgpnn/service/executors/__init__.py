"""Where the samples of jobs are made: in this process, on a lent GPU, or on a Ray cluster."""
