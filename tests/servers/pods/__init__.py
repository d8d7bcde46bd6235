"""Nodes for the tests' control plane: its pods, run as processes of this machine, each in a root of its own.

What the scheduler, a kubelet and a container runtime do for pods of one container: they are bound, get
their volumes and their environment, run under their user, write logs that can be asked for, end with
their exit codes, start again, and are deleted with their grace. What a pod asks for and is not known
here (init containers, say) keeps it from starting, with the reason in its status.
"""
