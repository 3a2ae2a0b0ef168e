"""The faces: routes, sessions, forms, rendering and refusals, a folder for each kind of reader."""
