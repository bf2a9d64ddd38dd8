"""The action classes, one module for each menu of the editor."""
