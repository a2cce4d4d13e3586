package rpc_test

import (
	"testing"

	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/world"
)

// evening is a basic group of ten with the bot as an admin.
func evening(t *testing.T) (*stage, int64) {
	s := newStage(t, world.Options{Seed: 15, Members: 60, Groups: []world.GroupOptions{
		{Title: "Chess Evening", Members: 10, Basic: true, Bot: true},
	}})
	for _, g := range s.world.ChatGroups() {
		if g.Title == "Chess Evening" {
			return s, int64(g.ID)
		}
	}
	require.Fail(t, "the group was not made")
	return nil, 0
}

func (s *stage) chat(api *tg.Client, id int64) (*tg.ChatFull, tg.ChatClass) {
	s.t.Helper()
	full, err := api.MessagesGetFullChat(s.t.Context(), id)
	require.NoError(s.t, err)
	return full.FullChat.(*tg.ChatFull), full.Chats[0]
}

func TestRule15ChangesOfABasicGroup(t *testing.T) {
	s, id := evening(t)
	full, _ := s.chat(s.owner, id)
	version := full.Participants.(*tg.ChatParticipants).Version
	u := s.stranger()
	added, err := s.owner.MessagesAddChatUser(t.Context(), &tg.MessagesAddChatUserRequest{
		ChatID: id, UserID: s.world.User(s.world.Owner(), u).AsInput(),
	})
	require.NoError(t, err)
	answer := added.Updates.(*tg.Updates)
	assert.Equal(t, &tg.MessageActionChatAddUser{Users: []int64{int64(u)}},
		answer.Updates[0].(*tg.UpdateNewMessage).Message.(*tg.MessageService).Action)
	assert.Equal(t, version+1, answer.Updates[1].(*tg.UpdateChatParticipantAdd).Version)
	heard := s.heard()
	require.Len(t, heard, 3)
	assert.Equal(t, version+1, heard[1].(*tg.UpdateChatParticipantAdd).Version)
	own := heard[2].(*tg.UpdateChatParticipant)
	assert.Equal(t, [2]int64{int64(s.world.Owner()), int64(u)}, [2]int64{own.ActorID, own.UserID})
	assert.Nil(t, own.PrevParticipant)
	assert.Equal(t, 2, own.Qts)

	ok, err := s.owner.MessagesEditChatAdmin(t.Context(), &tg.MessagesEditChatAdminRequest{
		ChatID: id, UserID: s.world.User(s.world.Owner(), u).AsInput(), IsAdmin: true,
	})
	require.NoError(t, err)
	assert.True(t, ok)
	heard = s.heard()
	require.Len(t, heard, 2, "no service message")
	assert.True(t, heard[0].(*tg.UpdateChatParticipantAdmin).IsAdmin)
	assert.IsType(t, &tg.ChatParticipantAdmin{}, heard[1].(*tg.UpdateChatParticipant).NewParticipant)

	_, err = s.world.DeleteChatUser(s.world.Bot(), world.ChatID(id), u)
	isErr(t, err, 400, "CHAT_ADMIN_REQUIRED")
	_, err = s.owner.MessagesDeleteChatUser(t.Context(), &tg.MessagesDeleteChatUserRequest{
		ChatID: id, UserID: s.world.User(s.world.Owner(), u).AsInput(),
	})
	require.NoError(t, err)
	heard = s.heard()
	assert.Equal(t, &tg.MessageActionChatDeleteUser{UserID: int64(u)}, heard[0].(*tg.UpdateNewMessage).Message.(*tg.MessageService).Action)
	assert.Nil(t, heard[2].(*tg.UpdateChatParticipant).NewParticipant)
	full, _ = s.chat(s.owner, id)
	assert.Equal(t, version+3, full.Participants.(*tg.ChatParticipants).Version)
	isErr(t, s.world.JoinChat(u, world.ChatID(id)), 400, "INVITE_HASH_EXPIRED")
	other := s.stranger()
	s.act(s.world.JoinChat(other, world.ChatID(id)))
	byLink := s.heard()[2].(*tg.UpdateChatParticipant)
	assert.NotNil(t, byLink.Invite)
	assert.Equal(t, other, world.UserID(byLink.ActorID))
}

func TestRule15ForbiddenAfterRemoval(t *testing.T) {
	s, id := evening(t)
	_, err := s.world.DeleteChatUser(s.world.Owner(), world.ChatID(id), s.world.Bot())
	require.NoError(t, err)
	heard := s.heard()
	assert.IsType(t, &tg.UpdateNewMessage{}, heard[0])
	assert.IsType(t, &tg.ChatParticipantsForbidden{}, heard[1].(*tg.UpdateChatParticipants).Participants)
	assert.Nil(t, heard[2].(*tg.UpdateChatParticipant).NewParticipant, "of itself it hears always")
	full, chat := s.chat(s.bot, id)
	assert.IsType(t, &tg.ChatParticipantsForbidden{}, full.Participants)
	assert.IsType(t, &tg.ChatForbidden{}, chat)
	_, err = s.bot.MessagesSendMessage(t.Context(), &tg.MessagesSendMessageRequest{
		Peer: &tg.InputPeerChat{ChatID: id}, Message: "let me in", RandomID: 3,
	})
	isErr(t, err, 403, "CHAT_WRITE_FORBIDDEN")
}

func TestMessagesOfABasicGroup(t *testing.T) {
	s, id := evening(t)
	sent, err := s.owner.MessagesSendMessage(t.Context(), &tg.MessagesSendMessageRequest{
		Peer: &tg.InputPeerChat{ChatID: id}, Message: "who brings the boards?", RandomID: 3,
	})
	require.NoError(t, err)
	mine := sent.(*tg.Updates).Updates[1].(*tg.UpdateNewMessage).Message
	theirs := s.heard()[0].(*tg.UpdateNewMessage).Message.(*tg.Message)
	assert.Equal(t, &tg.PeerChat{ChatID: id}, theirs.PeerID)
	assert.Equal(t, int64(s.world.Owner()), peerID(theirs.FromID))
	assert.False(t, theirs.Out)
	edited, err := s.owner.MessagesEditMessage(t.Context(), &tg.MessagesEditMessageRequest{
		Peer: &tg.InputPeerChat{ChatID: id}, ID: mine.GetID(), Message: "who brings the clocks?",
	})
	require.NoError(t, err)
	assert.Equal(t, mine.GetID(), edited.(*tg.Updates).Updates[0].(*tg.UpdateEditMessage).Message.GetID())
	change := s.heard()[0].(*tg.UpdateEditMessage).Message.(*tg.Message)
	assert.Equal(t, theirs.ID, change.ID, "each account has its own id for it")
	assert.Equal(t, "who brings the clocks?", change.Message)
	got, err := s.owner.MessagesGetHistory(t.Context(), &tg.MessagesGetHistoryRequest{Peer: &tg.InputPeerChat{ChatID: id}, Limit: 10})
	require.NoError(t, err)
	assert.Len(t, got.(*tg.MessagesMessages).Messages, 2)
}

func TestRule16Migration(t *testing.T) {
	s, id := evening(t)
	before, _ := s.chat(s.owner, id)
	got, err := s.owner.MessagesMigrateChat(t.Context(), id)
	require.NoError(t, err)
	answer := got.(*tg.Updates)
	require.Len(t, answer.Chats, 2)
	old, fresh := answer.Chats[0].(*tg.Chat), answer.Chats[1].(*tg.Channel)
	assert.True(t, old.Deactivated)
	assert.Equal(t, fresh.AsInput(), old.MigratedTo)
	assert.True(t, fresh.Megagroup)
	assert.True(t, fresh.Creator)
	last := answer.Updates[0].(*tg.UpdateNewMessage).Message.(*tg.MessageService)
	assert.Equal(t, &tg.MessageActionChatMigrateTo{ChannelID: fresh.ID}, last.Action)
	assert.Equal(t, fresh.ID, answer.Updates[1].(*tg.UpdateChannel).ChannelID)
	heard := s.heard()
	assert.Equal(t, last.Action, heard[0].(*tg.UpdateNewMessage).Message.(*tg.MessageService).Action)

	messages, err := s.owner.ChannelsGetMessages(t.Context(), &tg.ChannelsGetMessagesRequest{
		Channel: fresh.AsInput(), ID: []tg.InputMessageClass{&tg.InputMessageID{ID: 1}},
	})
	require.NoError(t, err)
	assert.Equal(t, &tg.MessageActionChannelMigrateFrom{Title: old.Title, ChatID: id},
		messages.(*tg.MessagesChannelMessages).Messages[0].(*tg.MessageService).Action)
	full, err := s.owner.ChannelsGetFullChannel(t.Context(), fresh.AsInput())
	require.NoError(t, err)
	channel := full.FullChat.(*tg.ChannelFull)
	assert.Equal(t, [2]int64{id, int64(last.ID)}, [2]int64{channel.MigratedFromChatID, int64(channel.MigratedFromMaxID)})
	assert.Len(t, s.walk(s.owner, fresh.AsInput(), recent), len(before.Participants.(*tg.ChatParticipants).Participants))

	dead, chat := s.chat(s.owner, id)
	assert.IsType(t, &tg.ChatParticipantsForbidden{}, dead.Participants)
	assert.True(t, chat.(*tg.Chat).Deactivated)
	_, err = s.owner.MessagesSendMessage(t.Context(), &tg.MessagesSendMessageRequest{
		Peer: &tg.InputPeerChat{ChatID: id}, Message: "anybody?", RandomID: 4,
	})
	isErr(t, err, 400, "PEER_ID_INVALID")
	_, err = s.owner.MessagesMigrateChat(t.Context(), id)
	isErr(t, err, 400, "CHAT_ID_INVALID")
	_, err = s.world.AddChatUser(s.world.Owner(), world.ChatID(id), s.stranger())
	isErr(t, err, 400, "CHAT_ID_INVALID")
	_, err = s.owner.MessagesSendMessage(t.Context(), &tg.MessagesSendMessageRequest{
		Peer: fresh.AsInputPeer(), Message: "here we are", RandomID: 5,
	})
	require.NoError(t, err)
}

func TestGroupsOfTheOwner(t *testing.T) {
	s := newStage(t, world.Options{Seed: 12, Members: 60, Groups: []world.GroupOptions{
		{Title: "Gazette", Username: "gazette_news", Members: 90, Broadcast: true, Bot: true},
		{Title: "Gazette Talk", Username: "gazette_talk", Members: 70, Linked: "-"},
		{Title: "Board", Members: 5, Hidden: true},
	}})
	groups := s.world.Groups()
	require.Len(t, groups, 4)
	assert.Equal(t, s.world.Group(), groups[0])
	full := func(name string) *tg.ChannelFull {
		got, err := s.owner.ChannelsGetFullChannel(t.Context(), s.channel(s.owner, name))
		require.NoError(t, err)
		return got.FullChat.(*tg.ChannelFull)
	}
	gazette, talk := full("gazette_news"), full("gazette_talk")
	assert.Equal(t, [2]int64{talk.ID, gazette.ID}, [2]int64{gazette.LinkedChatID, talk.LinkedChatID})
	assert.Equal(t, [2]int{90, 70}, [2]int{gazette.ParticipantsCount, talk.ParticipantsCount})
	news := s.channel(s.owner, "gazette_news")
	_, err := s.owner.MessagesSendMessage(t.Context(), &tg.MessagesSendMessageRequest{
		Peer: &tg.InputPeerChannel{ChannelID: news.ChannelID, AccessHash: news.AccessHash}, Message: "extra!", RandomID: 1,
	})
	require.NoError(t, err)
	post := s.posted(s.pushes(botKey))[0].(*tg.Message)
	assert.True(t, post.Post)
	assert.Nil(t, post.FromID)
}

func TestRule15WhatMembersOfABasicGroupMayDo(t *testing.T) {
	s, id := evening(t)
	owner, chat, u := s.world.Owner(), world.ChatID(id), s.stranger()
	s.act(s.world.JoinChat(u, chat))
	require.NoError(t, s.world.SayInChat(u, chat, "hello"))
	full, _ := s.chat(s.owner, id)
	s.heard()
	set := &tg.MessagesEditChatDefaultBannedRightsRequest{
		Peer: &tg.InputPeerChat{ChatID: id}, BannedRights: tg.ChatBannedRights{SendMessages: true, InviteUsers: true, ChangeInfo: true},
	}
	got, err := s.owner.MessagesEditChatDefaultBannedRights(t.Context(), set)
	require.NoError(t, err)
	up := got.(*tg.Updates).Updates[0].(*tg.UpdateChatDefaultBannedRights)
	assert.Equal(t, full.Participants.(*tg.ChatParticipants).Version+1, up.Version)
	assert.Equal(t, up, s.told(botKey)[0])
	_, err = s.owner.MessagesEditChatDefaultBannedRights(t.Context(), set)
	isErr(t, err, 400, "CHAT_NOT_MODIFIED")

	isErr(t, s.world.SayInChat(u, chat, "hello?"), 403, "CHAT_WRITE_FORBIDDEN")
	isErr(t, s.world.Let(u, chat, s.stranger()), 400, "CHAT_ADMIN_REQUIRED")
	isErr(t, s.world.Retitle(u, chat, "Mine"), 400, "CHAT_ADMIN_REQUIRED")
	require.NoError(t, s.world.SayInChat(owner, chat, "quiet, please"))
	isErr(t, s.world.SetChatAbout(u, chat, "mine"), 400, "CHAT_ADMIN_REQUIRED")
	_, err = s.owner.MessagesEditChatAbout(t.Context(), &tg.MessagesEditChatAboutRequest{Peer: &tg.InputPeerChat{ChatID: id}, About: "on Fridays"})
	require.NoError(t, err)
	full, face := s.chat(s.owner, id)
	assert.Equal(t, "on Fridays", full.About)
	assert.True(t, face.(*tg.Chat).DefaultBannedRights.SendMessages)
	c, err := s.world.Migrate(chat)
	require.NoError(t, err)
	_, err = s.world.Say(u, c, "and here?")
	isErr(t, err, 403, "CHAT_WRITE_FORBIDDEN")
}
