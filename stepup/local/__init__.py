"""StepUp on one machine: set-up, embedded servers, the supervisor and the test run.

Everything here is the standard library alone, because it runs before anything is installed.
"""
