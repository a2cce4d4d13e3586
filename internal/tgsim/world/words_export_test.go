package world

// Words splits a text as searches do.
var Words = queryWords
