"""Both sides of the process that opens video files from strangers.

`process` is our side: it starts the process, reads what it answers and ends it. The folder
`sandbox` is the code that this process runs; it imports nothing but av, numpy and the standard
library.
"""
