package supergroup_test

import (
	"context"
	"errors"
	"testing"

	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
	"rollcall/internal/supergroup"
)

// The supergroup that a basic group became says so itself; a title proves nothing, and a group that the account does not administer is not asked.
func TestFindTheSupergroupThatABasicGroupBecame(t *testing.T) {
	const old = 77
	administered := func(id int64, title string) tg.ChatClass {
		c := super(id)
		c.Title, c.Creator = title, true
		return c
	}
	dialogs := &chatList{size: 10, whole: true, folders: map[int][]tg.ChatClass{0: {
		administered(1, "Kin"), super(2), &tg.Channel{ID: 3, Broadcast: true, Creator: true}, administered(4, "Kin, renamed"),
	}}}
	refuses := func(int64) (*tg.MessagesChatFull, error) { return nil, tgerr.New(400, "PEER_ID_INVALID") }
	silent := func(int64) (*tg.MessagesChatFull, error) {
		return &tg.MessagesChatFull{FullChat: &tg.ChatFull{ID: old}, Chats: []tg.ChatClass{&tg.Chat{ID: old, Deactivated: true}}}, nil
	}
	says := func(was map[int64]int64) func(tg.InputChannelClass) (*tg.MessagesChatFull, error) {
		return func(c tg.InputChannelClass) (*tg.MessagesChatFull, error) {
			id := c.(*tg.InputChannel).ChannelID
			full := &tg.ChannelFull{ID: id}
			if from := was[id]; from != 0 {
				full.SetMigratedFromChatID(from)
			}
			if id == 1 {
				return nil, tgerr.New(406, "CHANNEL_PRIVATE")
			}
			return &tg.MessagesChatFull{FullChat: full}, nil
		}
	}
	broken := errors.New("the connection")
	for _, c := range []struct {
		name  string
		chat  func(int64) (*tg.MessagesChatFull, error)
		heirs func(tg.InputChannelClass) (*tg.MessagesChatFull, error)
		ref   string
		to    membership.GroupID
		err   error
	}{
		{"the old id refuses", refuses, says(map[int64]int64{4: old, 2: old, 3: old}), "-77", 4, nil},
		{"the old id tells of no other", silent, says(map[int64]int64{4: old}), "77", 4, nil},
		{"nobody was it, and the old id is none any more", silent, says(map[int64]int64{4: old + 1}), "-77", 0, nil},
		{"nobody was it", refuses, says(nil), "-77", -1, supergroup.ErrNotFound},
		{"an id that can be no basic group's", refuses, says(map[int64]int64{4: old}), "-1000000000077", -1, supergroup.ErrNotFound},
		{"nobody can be asked", refuses, func(tg.InputChannelClass) (*tg.MessagesChatFull, error) { return nil, broken }, "-77", -1, broken},
		{"the answer is about another", refuses, func(tg.InputChannelClass) (*tg.MessagesChatFull, error) {
			full := &tg.ChannelFull{ID: 9}
			full.SetMigratedFromChatID(old)
			return &tg.MessagesChatFull{FullChat: full}, nil
		}, "-77", -1, supergroup.ErrNotFound},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := supergroup.Find(context.Background(), &fake{dialogs: dialogs.serve, fullChat: c.chat, fullChannel: c.heirs}, c.ref)
			moved, is := errors.AsType[*membership.MigratedError](err)
			if c.to < 0 {
				require.ErrorIs(t, err, c.err)
				require.False(t, is)
				return
			}
			require.True(t, is, "%v", err)
			require.Equal(t, membership.MigratedError{From: old, To: c.to}, *moved)
		})
	}
}
