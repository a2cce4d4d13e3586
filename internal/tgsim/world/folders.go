package world

import (
	"slices"
	"strings"

	"github.com/gotd/td/tg"
)

// folder is a folder of chats that somebody shares by a link.
type folder struct {
	slug, title string
	chats       []ChannelID
}

const folderBefore = "https://t.me/addlist/"

// ShareFolder makes a link by which others join all of the channels. Who shares them must be allowed to let people into each.
func (w *World) ShareFolder(by UserID, title string, ids []ChannelID) (*tg.ExportedChatlistInvite, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(ids) == 0 {
		return nil, refuse(400, "PEERS_LIST_EMPTY")
	}
	for _, id := range ids {
		if _, err := w.mayInvite(by, id); err != nil {
			return nil, err
		}
	}
	f := folder{slug: w.letters(16), title: title, chats: slices.Clone(ids)}
	w.folders = append(w.folders, f)
	return &tg.ExportedChatlistInvite{Title: title, URL: folderBefore + f.slug, Peers: f.peers()}, nil
}

// peers returns the folder's chats.
func (f *folder) peers() []tg.PeerClass {
	var out []tg.PeerClass
	for _, id := range f.chats {
		out = append(out, &tg.PeerChannel{ChannelID: int64(id)})
	}
	return out
}

func (w *World) folder(slug string) (*folder, error) {
	slug = strings.TrimPrefix(slug, folderBefore)
	i := slices.IndexFunc(w.folders, func(f folder) bool { return f.slug == slug })
	switch {
	case slug == "":
		return nil, refuse(400, "INVITE_SLUG_EMPTY")
	case i < 0:
		return nil, refuse(400, "INVITE_SLUG_EXPIRED")
	}
	return &w.folders[i], nil
}

// CheckFolder returns what is in a shared folder.
func (w *World) CheckFolder(u UserID, slug string) (*tg.ChatlistsChatlistInvite, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f, err := w.folder(slug)
	if err != nil {
		return nil, err
	}
	out := &tg.ChatlistsChatlistInvite{Title: tg.TextWithEntities{Text: f.title}, Peers: f.peers()}
	for _, id := range f.chats {
		out.Chats = append(out.Chats, w.view(u, w.channels[id]))
	}
	return out, nil
}

// JoinFolder has the account join those of a shared folder's channels that it picks and is not in yet. Banned from one,
// it joins none.
func (w *World) JoinFolder(u UserID, slug string, ids []ChannelID) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	f, err := w.folder(slug)
	if err != nil {
		return err
	}
	var into []*channel
	for _, id := range ids {
		switch c := w.channels[id]; {
		case !slices.Contains(f.chats, id):
			return refuse(400, "PEER_ID_INVALID")
		case c.standing(u, w.now()).banned():
			return refuse(406, "CHANNEL_PRIVATE")
		case !c.isIn(u):
			into = append(into, c)
		}
	}
	if len(into) == 0 {
		return refuse(400, "FILTER_INCLUDE_EMPTY")
	}
	for _, c := range into {
		if c.isIn(u) { // named twice
			continue
		}
		err := w.comeIn(c, w.account(u), change{kind: logJoinByInvite, path: byFolder})
		if err != nil && !isRefusal(err, "INVITE_REQUEST_SENT") {
			return err
		}
	}
	return nil
}
