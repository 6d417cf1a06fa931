"""Meshes: gmsh and STL."""
