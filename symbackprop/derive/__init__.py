"""From a program of equations to the equations of its gradients, by reverse mode."""
