package world

import "github.com/gotd/td/tgerr"

// UserID is a user's or bot's bare id, as in tg.PeerUser.
type UserID int64

// ChannelID is a supergroup's or channel's bare id, without the Bot API's -100 prefix.
type ChannelID int64

// ChatID is a basic group's bare id, positive as in tg.PeerChat.
type ChatID int64

// peerKind tells apart ids that may be equal as numbers.
type peerKind uint8

const (
	kindUser peerKind = iota + 1
	kindChannel
	kindChat
)

// peer names anything that has an id.
type peer struct {
	kind peerKind
	id   int64
}

// refuse makes the error that Telegram answers with.
func refuse(code int, name string) error { return tgerr.New(code, name) }

// mix is the finalizer of splitmix64: a bijection that spreads every bit of x over the result.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// accessHash returns what viewer must present to name target. It differs by viewer, as Telegram's
// do, and is never 0, which clients take for "unknown".
func (w *World) accessHash(viewer UserID, target peer) int64 {
	h := mix(mix(mix(w.seed^uint64(viewer))^uint64(target.kind)) ^ uint64(target.id))
	if h == 0 {
		h = 1
	}
	return int64(h)
}
