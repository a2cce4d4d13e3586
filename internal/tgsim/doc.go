// Package tgsim is a simulated Telegram: a world with rules, served over real MTProto, and a loopback
// HTTP face to make people act in it.
//
// Start returns once clients can connect; the ready file, written last, says how to reach and to
// enter it. The same seed gives the same accounts, members, ids, names, access hashes and
// secrets; only the server's RSA key, the ports and the time differ from run to run. Under Options.State the keys, the
// MTProto ports and the logins stay too, as they were at any instant that the simulator is killed, and clients go on
// after a restart. What goes wrong is Options.Faults' and the control face's to say, and Options.Clock can be moved, so
// that two days pass in a test at once; Stage hands both, and the world, to scenarios. With Options.DCs there are several
// data centers, each with its port and auth keys, over the same world.
//
// RULES.md has what of Telegram's behavior is kept, by which option it changes, the tests of it and what is left out.
//
// Limits: what people did in the world is not kept, and the owner's password and the bot's token are in
// the ready file: it is for tests and for trying Rollcall out, never for secrets of anybody real.
//
// A fake behind a Go interface would have been less work. It would also have agreed with
// whatever its author believed: the protocol, the login and the pushes of the real client are part of
// what a test against Telegram is for.
package tgsim
