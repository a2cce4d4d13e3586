// Package mtproto serves MTProto 2.0 over any net.Listener: the engine of the simulated Telegram.
//
// It promises what a client may expect of Telegram's own servers. The transport is detected per connection
// (full, abridged, intermediate, padded intermediate, each also obfuscated) without holding up
// others, so a silent or closed connection harms nobody. Auth keys outlive connections in a KeyStore,
// and an unknown one is answered by the transport error -404. Sessions belong to a key and outlive a
// connection too: a client that comes back under its session id is answered where it is now. A query is
// executed once per message id; its answer is kept until the client acknowledges it and is sent
// again when asked for. Queries of one connection run at the same time. Message ids and sequence numbers are real,
// content messages are acknowledged within milliseconds unless their answer is faster.
//
// Limits: any server salt is accepted and message ids are not held against the clock (clients with a
// wrong clock are served). Updates are not kept for a client that is away; it must ask for the difference, as with
// Telegram. Temporary keys are exchanged, but not bound to permanent ones.
//
// The engine is built on td's exported parts and not on its tgtest: that one forgets auth keys,
// serves one query at a time, ends when a connection is closed before its first byte, and links package
// testing into whatever imports it.
package mtproto
