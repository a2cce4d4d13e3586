package rpc_test

import (
	"testing"
	"time"

	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/world"
)

// posted returns the messages of channels that were pushed to the key since the last call.
func (s *stage) posted(updates []*tg.Updates) []tg.MessageClass {
	s.t.Helper()
	var out []tg.MessageClass
	for _, u := range updates {
		for _, up := range u.Updates {
			if m, ok := up.(*tg.UpdateNewChannelMessage); ok {
				assert.Zero(s.t, u.Seq)
				out = append(out, m.Message)
			}
		}
	}
	return out
}

// behind asks for what a channel holds after pts.
func (s *stage) behind(api *tg.Client, c tg.InputChannelClass, pts, limit int) tg.UpdatesChannelDifferenceClass {
	s.t.Helper()
	got, err := api.UpdatesGetChannelDifference(s.t.Context(), &tg.UpdatesGetChannelDifferenceRequest{
		Channel: c, Filter: &tg.ChannelMessagesFilterEmpty{}, Pts: pts, Limit: limit,
	})
	require.NoError(s.t, err)
	return got
}

func (s *stage) channelPts(api *tg.Client, c tg.InputChannelClass) int {
	s.t.Helper()
	full, err := api.ChannelsGetFullChannel(s.t.Context(), c)
	require.NoError(s.t, err)
	return full.FullChat.(*tg.ChannelFull).Pts
}

func TestRule18EveryPathHasItsMessage(t *testing.T) {
	s := newStage(t, world.Options{Seed: 18, Members: 45})
	id, owner, bot := s.world.Group().ID, s.world.Owner(), s.world.Bot()
	u, friend := s.stranger(), s.stranger()
	self := []int64{int64(u)}
	left := &tg.MessageActionChatDeleteUser{UserID: int64(u)}
	for _, step := range []struct {
		name string
		do   func() error
		from world.UserID
		want tg.MessageActionClass
	}{
		{"by the name", func() error { return s.world.Join(u, id) }, u, &tg.MessageActionChatAddUser{Users: self}},
		{"left", func() error { return s.world.Leave(u, id) }, u, left},
		{"by link", func() error { return s.world.JoinByLink(u, id) }, u, &tg.MessageActionChatJoinedByLink{InviterID: int64(owner)}},
		{"left again", func() error { return s.world.Leave(u, id) }, u, left},
		{"by a folder", func() error { return s.world.JoinByFolder(u, id) }, u, &tg.MessageActionChatJoinedByLink{InviterID: int64(owner)}},
		{"left the folder", func() error { return s.world.Leave(u, id) }, u, left},
		{"asks", func() error { return s.world.Request(u, id) }, 0, nil},
		{"let in", func() error { return s.world.Decide(owner, u, id, true) }, u, &tg.MessageActionChatJoinedByRequest{}},
		{"left once more", func() error { return s.world.Leave(u, id) }, u, left},
		{"by the community", func() error { return s.world.JoinByCommunity(u, id) }, u, nil},
		{"added", func() error { return s.world.Add(owner, friend, id) }, owner, &tg.MessageActionChatAddUser{Users: []int64{int64(friend)}}},
		{"renamed", func() error { return s.world.SetTitle(owner, id, "Late Readers") }, owner, &tg.MessageActionChatEditTitle{Title: "Late Readers"}},
		{"restricted", func() error { _, err := s.world.EditBanned(owner, u, id, world.Muted()); return err }, 0, nil},
		{"kicked", func() error { return s.world.Kick(owner, u, id) }, owner, left},
		{"banned outside", func() error { _, err := s.world.EditBanned(owner, u, id, world.Banned()); return err }, 0, nil},
		{"bot out", func() error { return s.world.Kick(owner, bot, id) }, owner, &tg.MessageActionChatDeleteUser{UserID: int64(bot)}},
		{"bot back", func() error {
			_, err := s.world.EditAdmin(owner, bot, id, world.ModeratorRights(), "")
			return err
		}, owner, &tg.MessageActionChatAddUser{Users: []int64{int64(bot)}}},
	} {
		t.Run(step.name, func(t *testing.T) {
			c := s.group(s.owner)
			pts := s.channelPts(s.owner, c)
			s.act(step.do())
			got := s.posted(s.pushes(ownerKey))
			if step.want == nil && step.from == 0 {
				assert.Empty(t, got)
				assert.Equal(t, pts, s.channelPts(s.owner, c))
				return
			}
			require.Len(t, got, 1)
			m := got[0].(*tg.MessageService)
			assert.Equal(t, int64(step.from), peerID(m.FromID))
			assert.Equal(t, int64(id), peerID(m.PeerID))
			if step.want != nil {
				assert.Equal(t, step.want, m.Action)
			} else {
				assert.IsType(t, &tg.MessageActionChatJoinedViaCommunity{}, m.Action, "of some community")
			}
			diff := s.behind(s.owner, c, pts, 10).(*tg.UpdatesChannelDifference)
			require.Len(t, diff.NewMessages, 1)
			assert.Equal(t, m, diff.NewMessages[0])
			assert.NotEmpty(t, diff.Users)
		})
	}
}

func TestRule18Dropped(t *testing.T) {
	quiet := world.MessageRules{JoinNotes: 200}
	for _, c := range []struct {
		name        string
		o           world.Options
		join, leave bool
	}{
		{"small", world.Options{Members: 45}, true, true},
		{"above 50 nobody leaves", world.Options{Members: 60}, true, false},
		{"larger than joins are told of", world.Options{Members: 210, Messages: quiet}, false, false},
		{"never dropped", world.Options{Members: 210, Messages: world.MessageRules{JoinNotes: -1, LeaveNotes: -1}}, true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.o.Seed = 18
			s := newStage(t, c.o)
			u, id := s.stranger(), s.world.Group().ID
			s.act(s.world.Join(u, id))
			assert.Equal(t, c.join, len(s.posted(s.pushes(ownerKey))) == 1)
			s.act(s.world.Leave(u, id))
			assert.Equal(t, c.leave, len(s.posted(s.pushes(ownerKey))) == 1)
		})
	}
}

func TestRule18HiddenGroupsAndChannelsHaveNone(t *testing.T) {
	s := newStage(t, world.Options{Seed: 18, Members: 45, Groups: []world.GroupOptions{
		{Title: "Hidden", Username: "hidden_room", Members: 10, Hidden: true},
		{Title: "News", Username: "news_room", Members: 10, Broadcast: true},
	}})
	for _, name := range []string{"hidden_room", "news_room"} {
		id, err := s.world.Channel(name)
		require.NoError(t, err)
		s.act(s.world.Join(s.stranger(), id))
		assert.Empty(t, s.posted(s.pushes(ownerKey)), name)
	}
}

// A group that has just been made may leave out messages that it would write later.
func TestRule18FreshGroups(t *testing.T) {
	dropped := 0
	for seed := range uint64(12) {
		s := newStage(t, world.Options{Seed: seed, Members: 45, Groups: []world.GroupOptions{
			{Title: "Old Friends", Members: 5, Basic: true},
		}})
		id, err := s.world.Migrate(s.world.ChatGroups()[0].ID)
		require.NoError(t, err)
		s.pushes(ownerKey)
		u := s.stranger()
		s.act(s.world.JoinByLink(u, id))
		if len(s.posted(s.pushes(ownerKey))) == 0 {
			dropped++
		}
		s.clock.advance(11 * time.Minute)
		s.act(s.world.Leave(u, id))
		assert.Len(t, s.posted(s.pushes(ownerKey)), 1, "after ten minutes it is like any other")
	}
	assert.Greater(t, dropped, 1)
	assert.Less(t, dropped, 11)
}
