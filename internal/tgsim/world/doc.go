// Package world is what the simulated Telegram knows and the rules that its state changes by:
// accounts, one supergroup to be watched and a few chats beside it, with those of Options.Groups, private dialogs with
// bots, the admin log and every account's update queue.
//
// Promises. All state is behind one mutex; every method may be called from any goroutine. Time comes
// from Options.Now alone and chance from Options.Seed alone, so the same seed and clock give the same
// world: ids, names, access hashes, members, dates. What a method returns is the caller's own: no
// tg object is ever handed out twice, since TL's Encode writes into the object it encodes. Refusals
// are *tgerr.Error with Telegram's code and name. Pushes leave in the order of the changes.
//
// Limits. A channel's box keeps its newest messages only (MessageRules.Kept), which are all that getHistory finds, and
// what lies further back is not known to anybody: members number 200,000, messages would be millions. What an
// account's own box holds is kept for good unless MessageRules.Retention says otherwise. Nothing is ever unread.
// Formatting entities of messages are dropped, and there are no media.
//
// Every change of somebody's place is told in the same breath to the admin log, to admin bots, to the person and, by a
// service message, to the group; the way in (name, link, folder, adding, request, community) is in all of them. Of the
// log's 52 actions those are real that this world knows the things of; Log makes an event of each of the others too.
// Members other than admins have no ranks, and photos no content.
//
// Lists are what Telegram's are known to be; Options.Lists and Options.Search have them be what else was
// reported. The first search of a large group makes an index of its words, which takes some tenths of a second and
// 5 MB at 200,000 members and is kept up to date. Nothing but the clock and calls moves the world: Pass
// lets happen what is due.
//
// The state holds compact records, not tg objects: 200,000 of these take 45 MB, as *tg.User they would
// take 150 and could not be encoded twice at a time. They are built for each answer instead, since access hashes differ by
// viewer anyway. Members are not kept sorted by a tree but in a slice ordered by activity: a page is
// a slice of it, and moving somebody to its end is one memmove.
package world
