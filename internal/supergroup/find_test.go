package supergroup_test

import (
	"context"
	"errors"
	"regexp"
	"testing"

	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
	"rollcall/internal/supergroup"
)

// chatList serves dialogs from the newest (first) to the oldest, by folder. Dialog i has message 1000-i of that date.
type chatList struct {
	folders map[int][]tg.ChatClass
	size    int  // dialogs a page
	whole   bool // everything comes as messages.dialogs
	stuck   bool // every offset is answered with the first page
	asked   []*tg.MessagesGetDialogsRequest
}

func (l *chatList) serve(r *tg.MessagesGetDialogsRequest) (tg.MessagesDialogsClass, error) {
	l.asked = append(l.asked, r)
	all := l.folders[r.FolderID]
	from := 0
	if r.OffsetID != 0 && !l.stuck {
		from = 1000 - r.OffsetID + 1
	}
	page := all[min(from, len(all)):min(from+l.size, len(all))]
	a := &tg.MessagesDialogsSlice{Count: len(all), Users: users(me)}
	for i, c := range page {
		var peer tg.PeerClass = &tg.PeerChannel{ChannelID: c.GetID()}
		switch c.(type) {
		case *tg.Chat, *tg.ChatForbidden:
			peer = &tg.PeerChat{ChatID: c.GetID()}
		}
		a.Dialogs = append(a.Dialogs, &tg.Dialog{Peer: peer, TopMessage: 1000 - from - i})
		a.Messages = append(a.Messages, &tg.Message{ID: 1000 - from - i, Date: 1000 - from - i, PeerID: peer})
		a.Chats = append(a.Chats, c)
	}
	a.Chats = append(a.Chats, &tg.Channel{ID: 9999, Megagroup: true, Title: "forwarded from here"})
	if l.whole {
		return &tg.MessagesDialogs{Dialogs: a.Dialogs, Messages: a.Messages, Chats: a.Chats, Users: a.Users}, nil
	}
	return a, nil
}

func super(id int64) *tg.Channel {
	return &tg.Channel{ID: id, AccessHash: 7 * id, Megagroup: true, Title: "S"}
}

func ids(groups []membership.Group) (out []int64) {
	for _, g := range groups {
		out = append(out, g.Marked())
	}
	return out
}

func TestList(t *testing.T) {
	owned, channel := super(1), &tg.Channel{ID: 2, Broadcast: true}
	owned.Creator = true
	l := &chatList{size: 3, folders: map[int][]tg.ChatClass{
		0: {
			owned, channel, &tg.Chat{ID: 3}, &tg.Chat{ID: 4, Deactivated: true}, &tg.ChannelForbidden{ID: 5},
			&tg.Channel{ID: 6, Megagroup: true, Left: true}, super(7),
		},
		1: {super(8)},
	}}
	got, err := supergroup.List(t.Context(), &fake{dialogs: l.serve})
	require.NoError(t, err)
	want := []int64{-1000000000001, -1000000000002, -3, -1000000000007, -1000000000008}
	require.Equal(t, want, ids(got), "archived ones too, each once, none it is not in")
	require.Equal(t, membership.Channel, got[1].Kind)
	require.Equal(t, membership.BasicGroup, got[2].Kind)
	require.True(t, got[0].Admin)
	require.False(t, got[3].Admin)

	require.Len(t, l.asked, 6, "three pages and the empty one, one page and the empty one")
	require.False(t, l.asked[0].ExcludePinned)
	require.True(t, l.asked[1].ExcludePinned)
	require.Equal(t, &tg.InputPeerChat{ChatID: 3}, l.asked[1].OffsetPeer)
	require.Equal(t, 998, l.asked[1].OffsetID)
	require.Equal(t, 998, l.asked[1].OffsetDate)
	require.Equal(t, 100, l.asked[0].Limit)
}

func TestListEnds(t *testing.T) {
	folders := map[int][]tg.ChatClass{0: {super(1), super(2), super(3)}}
	for name, l := range map[string]*chatList{
		"all at once":                    {size: 10, whole: true, folders: folders},
		"an offset answered with itself": {size: 3, stuck: true, folders: folders},
		"one a page":                     {size: 1, folders: folders},
	} {
		got, err := supergroup.List(t.Context(), &fake{dialogs: l.serve})
		require.NoError(t, err, name)
		require.Len(t, got, 3, name)
		require.LessOrEqual(t, len(l.asked), 5, name)
	}

	got, err := supergroup.List(t.Context(), &fake{dialogs: (&chatList{size: 3}).serve})
	require.NoError(t, err)
	require.Empty(t, got)
}

func TestListFails(t *testing.T) {
	f := &fake{dialogs: func(*tg.MessagesGetDialogsRequest) (tg.MessagesDialogsClass, error) {
		return nil, tgerr.New(401, "AUTH_KEY_UNREGISTERED")
	}}
	_, err := supergroup.List(t.Context(), f)
	requireKind(t, err, membership.ErrorSession, "signed out")

	f.dialogs = func(*tg.MessagesGetDialogsRequest) (tg.MessagesDialogsClass, error) {
		return &tg.MessagesDialogsNotModified{}, nil
	}
	_, err = supergroup.List(t.Context(), f)
	require.ErrorContains(t, err, "MessagesDialogsNotModified")

	f.dialogs = func(*tg.MessagesGetDialogsRequest) (tg.MessagesDialogsClass, error) {
		return &tg.MessagesDialogsSlice{Count: 500, Dialogs: []tg.DialogClass{&tg.Dialog{Peer: &tg.PeerUser{UserID: 3}, TopMessage: 4}}}, nil
	}
	_, err = supergroup.List(t.Context(), f)
	require.ErrorContains(t, err, "no chat to go on from", "half a list is not passed off as the whole")
}

func TestFind(t *testing.T) {
	l := &chatList{size: 2, folders: map[int][]tg.ChatClass{0: {super(1), &tg.Chat{ID: 77}, super(1234567890)}, 1: {super(55)}}}
	f := &fake{dialogs: l.serve, resolve: func(name string) (*tg.ContactsResolvedPeer, error) {
		switch name {
		case "poets":
			return &tg.ContactsResolvedPeer{Peer: &tg.PeerChannel{ChannelID: 66}, Chats: []tg.ChatClass{super(65), super(66)}}, nil
		case "somebody":
			return &tg.ContactsResolvedPeer{Peer: &tg.PeerUser{UserID: 5}, Users: users(5)}, nil
		case "barred":
			return &tg.ContactsResolvedPeer{Peer: &tg.PeerChannel{ChannelID: 67}, Chats: []tg.ChatClass{&tg.ChannelForbidden{ID: 67}}}, nil
		}
		return nil, tgerr.New(400, "USERNAME_NOT_OCCUPIED")
	}}
	for _, tt := range []struct {
		ref  string
		want int64
		err  error
	}{
		{"1234567890", 1234567890, nil},
		{" -1001234567890 ", 1234567890, nil},
		{"-1000000000055", 55, nil},
		{"-77", 77, nil},
		{"77", 77, nil},
		{"-1000000000077", 0, supergroup.ErrNotFound}, // a supergroup's id, and 77 is a basic group
		{"-55", 0, supergroup.ErrNotFound},
		{"404", 0, supergroup.ErrNotFound},
		{"https://t.me/c/1234567890/17", 1234567890, nil},
		{"@poets", 66, nil},
		{"poets", 66, nil},
		{"t.me/poets", 66, nil},
		{"http://T.me/poets/", 66, nil},
		{"https://telegram.me/poets/12?single", 66, nil},
		{"https://t.me/s/poets", 66, nil},
		{"https://poets.t.me", 66, nil},
		{"tg://resolve?domain=poets", 66, nil},
		{"@nosuchgroup", 0, supergroup.ErrNotFound},
		{"@somebody", 0, supergroup.ErrNotGroup},
		{"https://t.me/+AbCdEf", 0, supergroup.ErrInviteLink},
		{"t.me/joinchat/AbCdEf", 0, supergroup.ErrInviteLink},
		{"tg://join?invite=AbCdEf", 0, supergroup.ErrInviteLink},
		{"", 0, supergroup.ErrReference},
		{"@", 0, supergroup.ErrReference},
		{"@a b", 0, supergroup.ErrReference},
		{"0", 0, supergroup.ErrReference},
		{"-1000000000000", 0, supergroup.ErrReference},
		{"-9223372036854775808", 0, supergroup.ErrReference},
		{"t.me", 0, supergroup.ErrReference},
		{"t.me/c/x/1", 0, supergroup.ErrReference},
		{"https://example.org/poets", 0, supergroup.ErrReference},
		{"ftp://t.me/poets", 0, supergroup.ErrReference},
		{"tg://settings", 0, supergroup.ErrReference},
		{"https://t.me/%zz", 0, supergroup.ErrReference},
	} {
		got, err := supergroup.Find(t.Context(), f, tt.ref)
		require.ErrorIs(t, err, tt.err, "%q", tt.ref)
		require.Equal(t, tt.want, int64(got.ID), "%q", tt.ref)
	}

	_, err := supergroup.Find(t.Context(), f, "@nosuchgroup")
	requireKind(t, err, membership.ErrorNotFound, "Telegram's word is kept beside ours")
	_, err = supergroup.Find(t.Context(), f, "@barred")
	requireKind(t, err, membership.ErrorGroupGone, "barred")
	own := errors.New("the session's own")
	f.resolve = func(string) (*tg.ContactsResolvedPeer, error) { return nil, own }
	_, err = supergroup.Find(t.Context(), f, "@poets")
	require.ErrorIs(t, err, own)
}

func TestFindByIDStopsReading(t *testing.T) {
	l := &chatList{size: 1, folders: map[int][]tg.ChatClass{0: {super(1), super(2), super(3)}}}
	_, err := supergroup.Find(t.Context(), &fake{dialogs: l.serve}, "2")
	require.NoError(t, err)
	require.Len(t, l.asked, 2)
}

// Whatever a person types, Telegram is asked for well-formed names only, and the refusal says which mistake it was.
func FuzzFind(f *testing.F) {
	for _, seed := range []string{"@poets", "-1001234567890", "t.me/+x", "https://t.me/c/1/2", "tg://resolve?domain=x", "t.me/s", "@\x00", "//", "٣"} {
		f.Add(seed)
	}
	wellFormed := regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{3,31}$`)
	f.Fuzz(func(t *testing.T, ref string) {
		api := &fake{
			dialogs: (&chatList{size: 1}).serve,
			resolve: func(name string) (*tg.ContactsResolvedPeer, error) {
				require.Regexp(t, wellFormed, name)
				return nil, tgerr.New(400, "USERNAME_NOT_OCCUPIED")
			},
		}
		_, err := supergroup.Find(context.Background(), api, ref)
		known := errors.Is(err, supergroup.ErrNotFound) || errors.Is(err, supergroup.ErrReference) || errors.Is(err, supergroup.ErrInviteLink)
		require.True(t, known, "%q: %v", ref, err)
	})
}
