// Package mtproto serves MTProto 2.0 over any net.Listener: the engine of the simulated Telegram.
//
// It promises what a client may expect of Telegram's own servers. The transport is detected per connection
// (full, abridged, intermediate, padded intermediate, each of the tagged ones also obfuscated, with quick
// acknowledgements) without holding up others, so a silent or closed connection harms nobody. Auth keys outlive
// connections in a KeyStore; an unknown one is answered by the transport error -404.
// Temporary keys are good for nothing until they are bound to a permanent one, and expire. Sessions belong to a key
// and outlive a connection too: a client that comes back under its session id is answered where it is now. A query is
// executed once per message id; its answer is kept until the client acknowledges it and is sent
// again when asked for. Queries of one connection run at the same time, those within invokeAfterMsg after the ones that
// they name. Message ids and sequence numbers are real, and clients' are held against the clock and each other
// (bad_msg_notification); salts change every half hour (bad_server_salt). Content messages are acknowledged within
// milliseconds unless their answer is faster.
//
// What goes wrong is up to Faults: queries and updates that are dropped, late, doubled, out of order or unreadable, and
// connections cut before or after the effect.
//
// Limits: sessions are not kept when the process ends, so a query that was executed is executed again if its client
// repeats it to the next process; which keys Options.SoleUse has killed is for Options.Killed to keep. Updates are not
// kept for a client that is away; it must ask for the difference, as with Telegram. A connection's deadlines
// (ping_delay_disconnect, the first bytes) are the system's, whatever clock Options.Now is. Ids grow for as long as that
// clock does, and follow it where it is set back. No HTTP and no WebSocket.
//
// The engine is built on td's exported parts and not on its tgtest: that one forgets auth keys,
// serves one query at a time, ends when a connection is closed before its first byte, and links package
// testing into whatever imports it. Of the parts, its transport and server-side exchange are replaced: they know
// no quick acknowledgements, no temporary keys, and no messages between an exchange's.
package mtproto
