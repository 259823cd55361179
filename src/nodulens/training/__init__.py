"""Tasks, recipes, training and export."""
