"""What serves the page: requests, jobs, their queue and where they run."""
