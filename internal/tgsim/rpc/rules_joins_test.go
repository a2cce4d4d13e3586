package rpc_test

import (
	"testing"
	"time"

	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/world"
)

// trace is how one join shows: in the log, to the admin bot and as a service message.
type trace struct {
	event   tg.ChannelAdminLogEvent
	update  *tg.UpdateChannelParticipant
	message *tg.MessageService
}

// traced runs a join and returns what it left behind.
func (s *stage) traced(join func() error) trace {
	s.t.Helper()
	since := s.newest()
	s.pushes(botKey)
	s.pushes(ownerKey)
	require.NoError(s.t, join())
	var out trace
	events := s.log(tg.ChannelsGetAdminLogRequest{MinID: since}).Events
	require.Len(s.t, events, 1)
	out.event = events[0]
	for _, u := range s.pushes(botKey) {
		for _, up := range u.Updates {
			if p, ok := up.(*tg.UpdateChannelParticipant); ok {
				require.Nil(s.t, out.update, "one update")
				out.update = p
			}
		}
	}
	for _, u := range s.pushes(ownerKey) {
		for _, up := range u.Updates {
			if m, ok := up.(*tg.UpdateNewChannelMessage); ok {
				out.message = m.Message.(*tg.MessageService)
			}
		}
	}
	require.NotNil(s.t, out.update)
	require.NotNil(s.t, out.message)
	return out
}

func TestRule18EveryWayIn(t *testing.T) {
	s := newStage(t, world.Options{Seed: 18, Members: 100})
	id, owner := s.world.Group().ID, int64(s.world.Owner())
	w := s.world
	public := &tg.ChatInvitePublicJoinRequests{}
	for _, c := range []struct {
		name    string
		prepare func(u world.UserID) error
		join    func(u world.UserID) error
		actor   func(u int64) int64
		invite  bool
		folder  bool
		kind    string
		message func(u int64) tg.MessageActionClass
	}{
		{
			name: "public", join: func(u world.UserID) error { return w.Join(u, id) }, kind: "ParticipantJoin",
			message: func(u int64) tg.MessageActionClass { return &tg.MessageActionChatAddUser{Users: []int64{u}} },
		},
		{
			name: "invite link", join: func(u world.UserID) error { return w.JoinByLink(u, id) }, invite: true,
			kind:    "ParticipantJoinByInvite",
			message: func(int64) tg.MessageActionClass { return &tg.MessageActionChatJoinedByLink{InviterID: owner} },
		},
		{
			name: "folder link", join: func(u world.UserID) error { return w.JoinByFolder(u, id) }, invite: true, folder: true,
			kind:    "ParticipantJoinByInvite",
			message: func(int64) tg.MessageActionClass { return &tg.MessageActionChatJoinedByLink{InviterID: owner} },
		},
		{
			name: "added", join: func(u world.UserID) error { return w.Add(w.Owner(), u, id) }, kind: "ParticipantInvite",
			actor:   func(int64) int64 { return owner },
			message: func(u int64) tg.MessageActionClass { return &tg.MessageActionChatAddUser{Users: []int64{u}} },
		},
		{
			name: "request", prepare: func(u world.UserID) error { return w.Request(u, id) },
			join:   func(u world.UserID) error { return w.Decide(w.Owner(), u, id, true) },
			invite: true, kind: "ParticipantJoinByRequest",
			message: func(int64) tg.MessageActionClass { return &tg.MessageActionChatJoinedByRequest{} },
		},
		{
			name: "community", join: func(u world.UserID) error { return w.JoinByCommunity(u, id) }, kind: "ParticipantJoin",
			message: func(int64) tg.MessageActionClass { return nil },
		},
	} {
		u := s.stranger()
		if c.prepare != nil {
			require.NoError(t, c.prepare(u), c.name)
		}
		got := s.traced(func() error { return c.join(u) })
		actor := int64(u)
		if c.actor != nil {
			actor = c.actor(int64(u))
		}
		assert.Equal(t, c.kind, named(got.event), c.name)
		assert.Equal(t, actor, got.event.UserID, c.name)
		assert.Equal(t, actor, got.update.ActorID, c.name)
		assert.Equal(t, int64(u), got.update.UserID, c.name)
		assert.Nil(t, got.update.PrevParticipant, c.name)
		assert.Equal(t, c.invite, got.update.Invite != nil, c.name)
		assert.Equal(t, c.folder, got.update.ViaChatlist, c.name)
		assert.Equal(t, actor, got.message.FromID.(*tg.PeerUser).UserID, c.name)
		if want := c.message(int64(u)); want != nil {
			assert.Equal(t, want, got.message.Action, c.name)
		} else {
			assert.IsType(t, &tg.MessageActionChatJoinedViaCommunity{}, got.message.Action, c.name)
		}
		assert.NotEqual(t, public, got.update.Invite, c.name)
		if by, ok := got.event.Action.(*tg.ChannelAdminLogEventActionParticipantJoinByInvite); ok {
			assert.Equal(t, c.folder, by.ViaChatlist, c.name)
		}
		if row, ok := got.event.Action.(*tg.ChannelAdminLogEventActionParticipantInvite); ok {
			assert.Equal(t, int64(u), idOf(row.Participant), c.name)
		}
	}
}

func TestRule22RequestOfAPublicGroup(t *testing.T) {
	s := newStage(t, world.Options{Seed: 22, Members: 100, Joins: world.JoinRules{ApproverActs: true}})
	id, u := s.world.Group().ID, s.stranger()
	_, err := s.owner.ChannelsToggleJoinRequest(t.Context(), &tg.ChannelsToggleJoinRequestRequest{
		Channel: s.group(s.owner), Enabled: true,
	})
	require.NoError(t, err)
	isErr(t, s.world.Join(u, id), 400, "INVITE_REQUEST_SENT")
	got := s.traced(func() error { return s.world.Decide(s.world.Owner(), u, id, true) })
	assert.Equal(t, &tg.ChatInvitePublicJoinRequests{}, got.update.Invite)
	assert.Equal(t, int64(s.world.Owner()), got.update.ActorID, "by option the approver is the actor")
	assert.Equal(t, &tg.ChannelAdminLogEventActionParticipantJoinByRequest{
		Invite: &tg.ChatInvitePublicJoinRequests{}, ApprovedBy: int64(s.world.Owner()),
	}, got.event.Action)
}

// asks has a stranger ask to be let in, and returns what the bot and the owner hear of it.
func (s *stage) asks() (world.UserID, *tg.UpdateBotChatInviteRequester, *tg.UpdatePendingJoinRequests) {
	s.t.Helper()
	u := s.stranger()
	s.pushes(botKey)
	s.pushes(ownerKey)
	require.NoError(s.t, s.world.Request(u, s.world.Group().ID))
	var told *tg.UpdateBotChatInviteRequester
	for _, p := range s.pushes(botKey) {
		told = p.Updates[0].(*tg.UpdateBotChatInviteRequester)
	}
	var pending *tg.UpdatePendingJoinRequests
	for _, p := range s.pushes(ownerKey) {
		pending = p.Updates[0].(*tg.UpdatePendingJoinRequests)
	}
	return u, told, pending
}

func (s *stage) decide(api *tg.Client, u world.UserID, approve bool) error {
	s.t.Helper()
	self := s.world.Owner()
	if api == s.bot {
		self = s.world.Bot()
	}
	_, err := api.MessagesHideChatJoinRequest(s.t.Context(), &tg.MessagesHideChatJoinRequestRequest{
		Approved: approve, Peer: asPeer(s.group(api)),
		UserID: &tg.InputUser{UserID: int64(u), AccessHash: s.world.User(self, u).AccessHash},
	})
	return err
}

func TestRule22Requests(t *testing.T) {
	s := newStage(t, world.Options{Seed: 22, Members: 100})
	u, told, pending := s.asks()
	require.NotNil(t, told)
	assert.Equal(t, int64(u), told.UserID)
	assert.Equal(t, 2, told.Qts)
	assert.True(t, told.Invite.(*tg.ChatInviteExported).RequestNeeded)
	assert.Equal(t, 1, told.Invite.(*tg.ChatInviteExported).Requested)
	require.NotNil(t, pending)
	assert.Equal(t, 1, pending.RequestsPending)
	assert.Equal(t, []int64{int64(u)}, pending.RecentRequesters)
	require.NoError(t, s.world.Request(u, s.world.Group().ID))
	assert.Empty(t, s.pushes(botKey), "asking again is nothing new")

	require.NoError(t, s.decide(s.bot, u, true))
	assert.Equal(t, "member", s.truth()[int64(u)].Status)
	isErr(t, s.decide(s.bot, u, true), 400, "USER_ALREADY_PARTICIPANT")
	isErr(t, s.decide(s.owner, u, false), 400, "HIDE_REQUESTER_MISSING")

	v, _, pending := s.asks()
	assert.Equal(t, 1, pending.RequestsPending)
	require.NoError(t, s.decide(s.owner, v, false))
	isErr(t, s.decide(s.bot, v, true), 400, "HIDE_REQUESTER_MISSING")
	assert.NotContains(t, s.truth(), int64(v))
	assert.Equal(t, 0, s.pushes(ownerKey)[0].Updates[0].(*tg.UpdatePendingJoinRequests).RequestsPending)
}

func TestRule22OnlyBotsWithTheRightDecide(t *testing.T) {
	s := newStage(t, world.Options{Seed: 22, Members: 100})
	_, err := s.world.EditAdmin(s.world.Owner(), s.world.Bot(), s.world.Group().ID, tg.ChatAdminRights{BanUsers: true}, "")
	require.NoError(t, err)
	u, told, _ := s.asks()
	assert.Nil(t, told)
	isErr(t, s.decide(s.bot, u, true), 403, "CHAT_ADMIN_REQUIRED")
	isErr(t, s.world.Typing(s.world.Bot(), world.Peer{User: u}, &tg.SendMessageTypingAction{}), 400, "PEER_ID_INVALID")
}

func TestRule22FiveMinutesToWrite(t *testing.T) {
	s := newStage(t, world.Options{Seed: 22, Members: 100})
	bot := s.world.Bot()
	u, _, _ := s.asks()
	require.NoError(t, s.world.Typing(bot, world.Peer{User: u}, &tg.SendMessageTypingAction{}))
	s.clock.advance(300 * time.Second)
	require.NoError(t, s.world.Typing(bot, world.Peer{User: u}, &tg.SendMessageTypingAction{}))
	s.clock.advance(time.Second)
	isErr(t, s.world.Typing(bot, world.Peer{User: u}, &tg.SendMessageTypingAction{}), 400, "PEER_ID_INVALID")
	v, _, _ := s.asks()
	require.NoError(t, s.world.Typing(bot, world.Peer{User: v}, &tg.SendMessageTypingAction{}))
	require.NoError(t, s.decide(s.bot, v, true))
	isErr(t, s.world.Typing(bot, world.Peer{User: v}, &tg.SendMessageTypingAction{}), 400, "PEER_ID_INVALID")
}

func TestRule22AllAtOnce(t *testing.T) {
	s := newStage(t, world.Options{Seed: 22, Members: 100})
	var all []world.UserID
	for range 4 {
		u, _, _ := s.asks()
		all = append(all, u)
		s.clock.advance(time.Second)
	}
	waiting := func(q tg.MessagesGetChatInviteImportersRequest) *tg.MessagesChatInviteImporters {
		q.Peer, q.Requested = asPeer(s.group(s.owner)), true
		if q.OffsetUser == nil {
			q.OffsetUser = &tg.InputUserEmpty{}
		}
		got, err := s.owner.MessagesGetChatInviteImporters(t.Context(), &q)
		require.NoError(t, err)
		return got
	}
	page := waiting(tg.MessagesGetChatInviteImportersRequest{Limit: 3})
	require.Len(t, page.Importers, 3)
	assert.Equal(t, 4, page.Count)
	assert.Equal(t, int64(all[3]), page.Importers[0].UserID, "newest first")
	last := page.Importers[2]
	rest := waiting(tg.MessagesGetChatInviteImportersRequest{
		Limit: 100, OffsetDate: last.Date,
		OffsetUser: &tg.InputUser{UserID: last.UserID, AccessHash: s.world.User(s.world.Owner(), world.UserID(last.UserID)).AccessHash},
	})
	require.Len(t, rest.Importers, 1)
	assert.Equal(t, int64(all[0]), rest.Importers[0].UserID)
	full, err := s.owner.ChannelsGetFullChannel(t.Context(), s.group(s.owner))
	require.NoError(t, err)
	assert.Equal(t, 4, full.FullChat.(*tg.ChannelFull).RequestsPending)

	_, err = s.owner.MessagesHideAllChatJoinRequests(t.Context(), &tg.MessagesHideAllChatJoinRequestsRequest{
		Peer: asPeer(s.group(s.owner)), Approved: true,
	})
	require.NoError(t, err)
	for _, u := range all {
		assert.Equal(t, "member", s.truth()[int64(u)].Status)
	}
	assert.Empty(t, waiting(tg.MessagesGetChatInviteImportersRequest{Limit: 3}).Importers)
}

func TestRule22WhatElseEndsTheRequest(t *testing.T) {
	s := newStage(t, world.Options{Seed: 22, Members: 100})
	u, _, _ := s.asks()
	require.NoError(t, s.editBanned(s.owner, u, world.Banned()))
	isErr(t, s.decide(s.owner, u, true), 400, "HIDE_REQUESTER_MISSING")
	isErr(t, s.world.Request(u, s.world.Group().ID), 400, "INVITE_HASH_EXPIRED")

	v, _, _ := s.asks()
	s.act(s.world.JoinByLink(v, s.world.Group().ID))
	isErr(t, s.decide(s.owner, v, false), 400, "HIDE_REQUESTER_MISSING")
}

func asPeer(c *tg.InputChannel) *tg.InputPeerChannel {
	return &tg.InputPeerChannel{ChannelID: c.ChannelID, AccessHash: c.AccessHash}
}

func TestRule17FolderLinkOfAnAccount(t *testing.T) {
	s := newStage(t, world.Options{Seed: 17, Members: 100})
	cyclists := s.channel(s.owner, "old_town_cyclists")
	id, host, ctx := world.ChannelID(cyclists.ChannelID), s.named("henk_visser"), t.Context()
	require.NoError(t, s.world.Leave(s.world.Owner(), id))
	shared, err := s.world.ShareFolder(host, "Town", []world.ChannelID{id})
	require.NoError(t, err)
	_, err = s.world.ShareFolder(s.world.Owner(), "Not mine", []world.ChannelID{id})
	isErr(t, err, 403, "CHAT_ADMIN_REQUIRED")
	slug := shared.URL[len("https://t.me/addlist/"):]
	got, err := s.owner.ChatlistsCheckChatlistInvite(ctx, slug)
	require.NoError(t, err)
	assert.Equal(t, []tg.PeerClass{&tg.PeerChannel{ChannelID: cyclists.ChannelID}}, got.(*tg.ChatlistsChatlistInvite).Peers)
	join := func() error {
		_, err := s.owner.ChatlistsJoinChatlistInvite(ctx, &tg.ChatlistsJoinChatlistInviteRequest{
			Slug: slug, Peers: []tg.InputPeerClass{asPeer(cyclists)},
		})
		return err
	}
	require.NoError(t, join())
	isErr(t, join(), 400, "FILTER_INCLUDE_EMPTY")
	_, err = s.owner.ChatlistsCheckChatlistInvite(ctx, "nosuchfolder")
	isErr(t, err, 400, "INVITE_SLUG_EXPIRED")
	page, err := s.world.AdminLog(host, id, world.LogRequest{Limit: 1})
	require.NoError(t, err)
	assert.True(t, page.Events[0].Action.(*tg.ChannelAdminLogEventActionParticipantJoinByInvite).ViaChatlist)

	exported, err := s.owner.ChatlistsExportChatlistInvite(ctx, &tg.ChatlistsExportChatlistInviteRequest{
		Chatlist: tg.InputChatlistDialogFilter{FilterID: 2}, Title: "Lanterns", Peers: []tg.InputPeerClass{asPeer(s.group(s.owner))},
	})
	require.NoError(t, err)
	assert.Equal(t, "Lanterns", exported.Invite.Title)
}

func TestRule19LinksAreToldAsTheyWere(t *testing.T) {
	s := newStage(t, world.Options{Seed: 19, Members: 100})
	id, start := s.world.Group().ID, s.state(s.bot)
	s.act(s.world.JoinByLink(s.stranger(), id))
	pushed := s.heard()[0]
	s.act(s.world.JoinByLink(s.stranger(), id))
	got := s.since(*start, 0).(*tg.UpdatesDifference).OtherUpdates
	require.Len(t, got, 3, "with the channel's own news")
	assert.Equal(t, pushed, got[0], "however often it was used since")
	usage := func(up tg.UpdateClass) int {
		return up.(*tg.UpdateChannelParticipant).Invite.(*tg.ChatInviteExported).Usage
	}
	assert.Equal(t, []int{1, 2}, []int{usage(got[0]), usage(got[1])})
}
