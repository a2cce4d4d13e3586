package supergroup

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/gotd/td/tg"

	"rollcall/internal/membership"
	"rollcall/internal/tlmap"
)

// dialogLimit is how many dialogs Telegram returns a call at most.
const dialogLimit = 100

// The two folders of an account's chat list; owners archive groups too.
const (
	mainFolder    = 0
	archiveFolder = 1
)

// errNoOffset means that a page of chats held none of which Telegram sent the newest message, by which the next page is asked for.
var errNoOffset = errors.New("read the account's chats: no chat to go on from")

// List is every group that the account is in, with what it is there, in the order of the account's chat list.
func List(ctx context.Context, api API) ([]membership.Group, error) {
	var all []membership.Group
	for g, err := range groups(ctx, api) {
		if err != nil {
			return nil, err
		}
		all = append(all, g)
	}
	return all, nil
}

// groups reads the chat list page by page, each group once.
func groups(ctx context.Context, api API) iter.Seq2[membership.Group, error] {
	return func(yield func(membership.Group, error) bool) {
		seen := make(map[key]bool)
		for _, folder := range []int{mainFolder, archiveFolder} {
			for page, err := range dialogPages(ctx, api, folder) {
				if err != nil {
					yield(membership.Group{}, err)
					return
				}
				if !page.yield(seen, yield) {
					return
				}
			}
		}
	}
}

// dialogPage is one answer, taken apart. It lists chats that are in no dialog too: the sources of forwarded messages.
type dialogPage struct {
	peers []key // the dialogs' peers, in order
	chats map[key]tg.ChatClass
	last  *dialogOffset // nil where no dialog can be gone on from
	whole bool          // Telegram says that this is all
}

type dialogOffset struct {
	date, id int
	peer     tg.InputPeerClass
}

func (p dialogPage) yield(seen map[key]bool, yield func(membership.Group, error) bool) bool {
	for _, k := range p.peers {
		c, ok := p.chats[k]
		if !ok || seen[k] {
			continue
		}
		seen[k] = true
		if g, ok := tlmap.Group(c); ok && !tlmap.LeftOut(c) && !yield(g, nil) {
			return false
		}
	}
	return true
}

// dialogPages reads one folder until a page is empty or brings nothing new (Telegram may answer an offset with itself).
func dialogPages(ctx context.Context, api API, folder int) iter.Seq2[dialogPage, error] {
	return func(yield func(dialogPage, error) bool) {
		from := dialogOffset{peer: &tg.InputPeerEmpty{}}
		seen := make(map[key]bool)
		for first := true; ; first = false {
			page, err := readDialogs(ctx, api, folder, from, !first)
			if err != nil {
				yield(dialogPage{}, err)
				return
			}
			if !fresh(page.peers, seen) || !yield(page, nil) || page.whole {
				return
			}
			if page.last == nil {
				yield(dialogPage{}, errNoOffset)
				return
			}
			from = *page.last
		}
	}
}

// fresh says whether any of the peers is new, and notes them all.
func fresh(peers []key, seen map[key]bool) bool {
	before := len(seen)
	for _, k := range peers {
		seen[k] = true
	}
	return len(seen) > before
}

// readDialogs asks for a page. Pinned dialogs come first whatever the offset, so later pages leave them out.
func readDialogs(ctx context.Context, api API, folder int, from dialogOffset, unpinned bool) (dialogPage, error) {
	r := &tg.MessagesGetDialogsRequest{
		ExcludePinned: unpinned, OffsetDate: from.date, OffsetID: from.id, OffsetPeer: from.peer, Limit: dialogLimit,
	}
	r.SetFolderID(folder)
	answer, err := api.MessagesGetDialogs(ctx, r)
	if err != nil {
		return dialogPage{}, fmt.Errorf("read the account's chats: %w", tlmap.Failure(methodDialogs, err))
	}
	switch a := answer.(type) {
	case *tg.MessagesDialogs:
		page := takeApart(a.Dialogs, a.Messages, a.Chats, a.Users)
		page.whole = true
		return page, nil
	case *tg.MessagesDialogsSlice:
		return takeApart(a.Dialogs, a.Messages, a.Chats, a.Users), nil
	}
	return dialogPage{}, fmt.Errorf("read the account's chats: Telegram answered with a %T", answer)
}

func takeApart(dialogs []tg.DialogClass, messages []tg.MessageClass, chats []tg.ChatClass, users []tg.UserClass) dialogPage {
	p := dialogPage{chats: make(map[key]tg.ChatClass, len(chats))}
	inputs := make(map[key]tg.InputPeerClass, len(chats)+len(users))
	for _, c := range chats {
		p.chats[keyOfChat(c)] = c
		inputs[keyOfChat(c)] = inputOfChat(c)
	}
	for _, u := range users {
		if id, hash, ok := tlmap.UserHash(u); ok {
			inputs[key{kindUser, int64(id)}] = &tg.InputPeerUser{UserID: int64(id), AccessHash: hash}
		}
	}
	dates := make(map[topMessage]int, len(messages))
	for _, m := range messages {
		if m, ok := m.AsNotEmpty(); ok {
			dates[topMessage{keyOf(m.GetPeerID()), m.GetID()}] = m.GetDate()
		}
	}
	for _, d := range dialogs {
		d, ok := d.(*tg.Dialog)
		if !ok {
			continue // folders and communities are no chats
		}
		k := keyOf(d.Peer)
		p.peers = append(p.peers, k)
		date, dated := dates[topMessage{k, d.TopMessage}]
		if input := inputs[k]; dated && input != nil {
			p.last = &dialogOffset{date: date, id: d.TopMessage, peer: input}
		}
	}
	return p
}

type topMessage struct {
	in key
	id int
}

// key is a peer that can be compared.
type key struct {
	kind peerKind
	id   int64
}

type peerKind uint8

const (
	kindNone peerKind = iota
	kindUser
	kindChat
	kindChannel
)

func keyOf(p tg.PeerClass) key {
	switch p := p.(type) {
	case *tg.PeerUser:
		return key{kindUser, p.UserID}
	case *tg.PeerChat:
		return key{kindChat, p.ChatID}
	case *tg.PeerChannel:
		return key{kindChannel, p.ChannelID}
	}
	return key{kindNone, 0}
}

func keyOfChat(c tg.ChatClass) key {
	switch c := c.(type) {
	case *tg.Chat, *tg.ChatForbidden, *tg.ChatEmpty:
		return key{kindChat, c.GetID()}
	case *tg.Channel, *tg.ChannelForbidden:
		return key{kindChannel, c.GetID()}
	}
	return key{kindNone, 0}
}

func inputOfChat(c tg.ChatClass) tg.InputPeerClass {
	switch c := c.(type) {
	case *tg.Chat:
		return &tg.InputPeerChat{ChatID: c.ID}
	case *tg.ChatForbidden:
		return &tg.InputPeerChat{ChatID: c.ID}
	case *tg.Channel:
		return &tg.InputPeerChannel{ChannelID: c.ID, AccessHash: c.AccessHash}
	case *tg.ChannelForbidden:
		return &tg.InputPeerChannel{ChannelID: c.ID, AccessHash: c.AccessHash}
	}
	return nil
}
