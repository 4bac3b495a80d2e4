package main

type swarm struct{}

func (*swarm) Run(*env) error { return nil }
