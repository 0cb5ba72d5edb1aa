"""A virtual ward: made-up patients, staff and provider on a virtual clock, around the service's own operations.

Everything that decides is the product's: the same operations, rows and constraints as on a ward, on a database that is
thrown away. Only people and the provider are made up, from the figures in `figures.py`.
"""
