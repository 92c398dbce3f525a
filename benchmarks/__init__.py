"""Measurements that the documentation quotes; each is a program of its own."""
