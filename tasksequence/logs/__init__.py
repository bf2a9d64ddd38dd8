"""Reading the logs of task sequences: smsts.log, and what has its form."""
