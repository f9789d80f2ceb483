"""`corpus audit`: figures of a build, gates that it must pass, and a report for people."""
