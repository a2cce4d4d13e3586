package rpc_test

import (
	"testing"

	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/world"
)

func TestSettingsByMethod(t *testing.T) {
	s := newStage(t, world.Options{Seed: 31, Members: 100})
	c := s.group(s.owner)
	peer := asPeer(c)
	since := s.newest()
	ctx := t.Context()
	for _, step := range []struct {
		name string
		call func() error
	}{
		{"ChangeTitle", func() error {
			_, err := s.owner.ChannelsEditTitle(ctx, &tg.ChannelsEditTitleRequest{Channel: c, Title: "Lamp Street"})
			return err
		}},
		{"ChangeAbout", func() error {
			_, err := s.owner.MessagesEditChatAbout(ctx, &tg.MessagesEditChatAboutRequest{Peer: peer, About: "we read"})
			return err
		}},
		{"ChangePhoto", func() error {
			_, err := s.owner.ChannelsEditPhoto(ctx, &tg.ChannelsEditPhotoRequest{
				Channel: c, Photo: &tg.InputChatUploadedPhoto{File: &tg.InputFile{ID: 1, Parts: 1, Name: "a.jpg"}},
			})
			return err
		}},
		{"ToggleSlowMode", func() error {
			_, err := s.owner.ChannelsToggleSlowMode(ctx, &tg.ChannelsToggleSlowModeRequest{Channel: c, Seconds: 30})
			return err
		}},
		{"TogglePreHistoryHidden", func() error {
			_, err := s.owner.ChannelsTogglePreHistoryHidden(ctx, &tg.ChannelsTogglePreHistoryHiddenRequest{Channel: c, Enabled: true})
			return err
		}},
		{"ToggleForum", func() error {
			_, err := s.owner.ChannelsToggleForum(ctx, &tg.ChannelsToggleForumRequest{Channel: c, Enabled: true})
			return err
		}},
		{"ToggleAntiSpam", func() error {
			_, err := s.owner.ChannelsToggleAntiSpam(ctx, &tg.ChannelsToggleAntiSpamRequest{Channel: c, Enabled: true})
			return err
		}},
		{"ToggleNoForwards", func() error {
			_, err := s.owner.MessagesToggleNoForwards(ctx, &tg.MessagesToggleNoForwardsRequest{Peer: peer, Enabled: true})
			return err
		}},
		{"DefaultBannedRights", func() error {
			_, err := s.owner.MessagesEditChatDefaultBannedRights(ctx, &tg.MessagesEditChatDefaultBannedRightsRequest{
				Peer: peer, BannedRights: tg.ChatBannedRights{SendMessages: true, ChangeInfo: true},
			})
			return err
		}},
		{"ChangeUsername", func() error {
			_, err := s.owner.ChannelsUpdateUsername(ctx, &tg.ChannelsUpdateUsernameRequest{Channel: c, Username: "Lamp_Street"})
			return err
		}},
	} {
		require.NoError(t, step.call(), step.name)
		err := step.call()
		if step.name != "ChangePhoto" { // every photo is another one
			require.Error(t, err, "%s twice is refused", step.name)
			assert.Contains(t, err.Error(), "NOT_MODIFIED", step.name)
		}
		q := tg.ChannelsGetAdminLogRequest{Channel: c, MinID: since, Limit: 100}
		got, err := s.owner.ChannelsGetAdminLog(ctx, &q)
		require.NoError(t, err)
		require.NotEmpty(t, got.Events, step.name)
		assert.Equal(t, step.name, named(got.Events[0]))
	}
	assert.Equal(t, "Lamp Street", s.world.Group().Title)
	face := s.group(s.owner)
	assert.Equal(t, c, face, "found by its new name")
	got, err := s.owner.ChannelsGetChannels(ctx, []tg.InputChannelClass{c})
	require.NoError(t, err)
	ch := got.GetChats()[0].(*tg.Channel)
	assert.True(t, ch.Forum && ch.Noforwards && ch.SlowmodeEnabled)
	assert.Equal(t, "Lamp_Street", ch.Username)
	assert.True(t, ch.DefaultBannedRights.SendMessages)
	assert.IsType(t, &tg.ChatPhoto{}, ch.Photo)
	isErr(t, s.world.Speak(s.some(ordinary), s.world.Group().ID), 403, "CHAT_WRITE_FORBIDDEN")
	_, err = s.bot.ChannelsEditTitle(ctx, &tg.ChannelsEditTitleRequest{Channel: s.group(s.bot), Title: "no"})
	isErr(t, err, 403, "CHAT_ADMIN_REQUIRED")
}

func TestDefaultRightsAreAnnounced(t *testing.T) {
	s := newStage(t, world.Options{Seed: 31, Members: 100})
	id, owner := s.world.Group().ID, s.world.Owner()
	s.pushes(ownerKey)
	require.NoError(t, s.world.SetDefaultRights(owner, id, tg.ChatBannedRights{SendPolls: true}))
	up := s.pushes(ownerKey)[0].Updates[0].(*tg.UpdateChatDefaultBannedRights)
	assert.Equal(t, int64(id), up.Peer.(*tg.PeerChannel).ChannelID)
	assert.True(t, up.DefaultBannedRights.SendPolls)
	isErr(t, s.world.SetDefaultRights(owner, id, tg.ChatBannedRights{UntilDate: 5}), 400, "UNTIL_DATE_INVALID")
	isErr(t, s.world.SetDefaultRights(owner, id, world.Banned()), 406, "BANNED_RIGHTS_INVALID")
}

func TestRule26WhoMayEditWhom(t *testing.T) {
	s := newStage(t, world.Options{Seed: 26, Members: 100})
	id, owner := s.world.Group().ID, s.world.Owner()
	a, b := s.stranger(), s.stranger()
	s.act(s.world.Join(a, id))
	s.act(s.world.Join(b, id))
	deputy := tg.ChatAdminRights{AddAdmins: true, BanUsers: true}
	_, err := s.world.EditAdmin(owner, a, id, deputy, "deputy")
	require.NoError(t, err)
	_, err = s.world.EditAdmin(a, b, id, tg.ChatAdminRights{InviteUsers: true}, "")
	isErr(t, err, 403, "RIGHT_FORBIDDEN")
	_, err = s.world.EditAdmin(a, b, id, tg.ChatAdminRights{BanUsers: true}, "")
	require.NoError(t, err)
	_, err = s.world.EditAdmin(b, a, id, tg.ChatAdminRights{}, "")
	isErr(t, err, 403, "CHAT_ADMIN_REQUIRED")
	_, err = s.world.EditBanned(b, a, id, world.Banned())
	isErr(t, err, 400, "USER_ADMIN_INVALID")
	for rank, want := range map[string]string{"seventeen letters": "ADMIN_RANK_INVALID", "star ⭐🌟": "ADMIN_RANK_EMOJI_NOT_ALLOWED"} {
		_, err = s.world.EditAdmin(owner, a, id, deputy, rank)
		isErr(t, err, 400, want)
	}

	since := s.newest()
	row := &tg.InputPeerUser{UserID: int64(a), AccessHash: s.world.User(owner, a).AccessHash}
	_, err = s.owner.MessagesEditChatParticipantRank(t.Context(), &tg.MessagesEditChatParticipantRankRequest{
		Peer: asPeer(s.group(s.owner)), Participant: row, Rank: "second",
	})
	require.NoError(t, err)
	page := s.log(tg.ChannelsGetAdminLogRequest{MinID: since})
	require.Len(t, page.Events, 1)
	assert.Equal(t, &tg.ChannelAdminLogEventActionParticipantEditRank{
		UserID: int64(a), PrevRank: "deputy", NewRank: "second",
	}, page.Events[0].Action)
}

func TestLinkedChatIsInBothLogs(t *testing.T) {
	s := newStage(t, world.Options{Seed: 31, Members: 100})
	owner, group := s.world.Owner(), s.world.Group().ID
	news := s.channel(s.owner, "lantern_news")
	isErr(t, s.world.LinkChat(owner, world.ChannelID(news.ChannelID), group), 403, "CHAT_ADMIN_REQUIRED")
	host := s.named("henk_visser")
	_, err := s.world.EditAdmin(host, owner, world.ChannelID(news.ChannelID), world.ModeratorRights(), "")
	require.NoError(t, err)
	_, err = s.owner.ChannelsSetDiscussionGroup(t.Context(), &tg.ChannelsSetDiscussionGroupRequest{
		Broadcast: news, Group: s.group(s.owner),
	})
	require.NoError(t, err)
	for c, other := range map[*tg.InputChannel]int64{news: int64(group), s.group(s.owner): news.ChannelID} {
		got, err := s.owner.ChannelsGetAdminLog(t.Context(), &tg.ChannelsGetAdminLogRequest{Channel: c, Limit: 1})
		require.NoError(t, err)
		require.Len(t, got.Events, 1)
		assert.Equal(t, &tg.ChannelAdminLogEventActionChangeLinkedChat{NewValue: other}, got.Events[0].Action)
	}
}

func TestRule27NewMethodsArePrivateToo(t *testing.T) {
	s := newStage(t, world.Options{Seed: 27, Members: 100})
	c := s.channel(s.owner, "old_town_cyclists")
	id, host := world.ChannelID(c.ChannelID), s.named("henk_visser")
	_, err := s.world.EditBanned(host, s.world.Owner(), id, world.Banned())
	require.NoError(t, err)
	peer, ctx := asPeer(c), t.Context()
	somebody := &tg.InputUserSelf{}
	for name, call := range map[string]func() error{
		"joinChannel": func() error { _, err := s.owner.ChannelsJoinChannel(ctx, c); return err },
		"inviteToChannel": func() error {
			_, err := s.owner.ChannelsInviteToChannel(ctx, &tg.ChannelsInviteToChannelRequest{Channel: c, Users: []tg.InputUserClass{somebody}})
			return err
		},
		"exportChatInvite": func() error {
			_, err := s.owner.MessagesExportChatInvite(ctx, &tg.MessagesExportChatInviteRequest{Peer: peer})
			return err
		},
		"editExportedChatInvite": func() error {
			_, err := s.owner.MessagesEditExportedChatInvite(ctx, &tg.MessagesEditExportedChatInviteRequest{Peer: peer})
			return err
		},
		"getExportedChatInvites": func() error {
			_, err := s.owner.MessagesGetExportedChatInvites(ctx, &tg.MessagesGetExportedChatInvitesRequest{Peer: peer, AdminID: somebody})
			return err
		},
		"getExportedChatInvite": func() error {
			_, err := s.owner.MessagesGetExportedChatInvite(ctx, &tg.MessagesGetExportedChatInviteRequest{Peer: peer})
			return err
		},
		"deleteExportedChatInvite": func() error {
			_, err := s.owner.MessagesDeleteExportedChatInvite(ctx, &tg.MessagesDeleteExportedChatInviteRequest{Peer: peer})
			return err
		},
		"deleteRevokedExportedChatInvites": func() error {
			_, err := s.owner.MessagesDeleteRevokedExportedChatInvites(ctx, &tg.MessagesDeleteRevokedExportedChatInvitesRequest{
				Peer: peer, AdminID: somebody,
			})
			return err
		},
		"getAdminsWithInvites": func() error { _, err := s.owner.MessagesGetAdminsWithInvites(ctx, peer); return err },
		"getChatInviteImporters": func() error {
			_, err := s.owner.MessagesGetChatInviteImporters(ctx, &tg.MessagesGetChatInviteImportersRequest{
				Peer: peer, OffsetUser: &tg.InputUserEmpty{},
			})
			return err
		},
		"hideChatJoinRequest": func() error {
			_, err := s.owner.MessagesHideChatJoinRequest(ctx, &tg.MessagesHideChatJoinRequestRequest{Peer: peer, UserID: somebody})
			return err
		},
		"hideAllChatJoinRequests": func() error {
			_, err := s.owner.MessagesHideAllChatJoinRequests(ctx, &tg.MessagesHideAllChatJoinRequestsRequest{Peer: peer})
			return err
		},
		"getAdminLog": func() error {
			_, err := s.owner.ChannelsGetAdminLog(ctx, &tg.ChannelsGetAdminLogRequest{Channel: c})
			return err
		},
		"editAdmin": func() error {
			_, err := s.owner.ChannelsEditAdmin(ctx, &tg.ChannelsEditAdminRequest{Channel: c, UserID: somebody})
			return err
		},
		"editBanned": func() error {
			_, err := s.owner.ChannelsEditBanned(ctx, &tg.ChannelsEditBannedRequest{Channel: c, Participant: &tg.InputPeerSelf{}})
			return err
		},
		"editTitle": func() error {
			_, err := s.owner.ChannelsEditTitle(ctx, &tg.ChannelsEditTitleRequest{Channel: c, Title: "x"})
			return err
		},
		"editPhoto": func() error {
			_, err := s.owner.ChannelsEditPhoto(ctx, &tg.ChannelsEditPhotoRequest{Channel: c, Photo: &tg.InputChatPhotoEmpty{}})
			return err
		},
		"updateUsername": func() error {
			_, err := s.owner.ChannelsUpdateUsername(ctx, &tg.ChannelsUpdateUsernameRequest{Channel: c, Username: "some_name"})
			return err
		},
		"editChatAbout": func() error {
			_, err := s.owner.MessagesEditChatAbout(ctx, &tg.MessagesEditChatAboutRequest{Peer: peer, About: "x"})
			return err
		},
		"editChatDefaultBannedRights": func() error {
			_, err := s.owner.MessagesEditChatDefaultBannedRights(ctx, &tg.MessagesEditChatDefaultBannedRightsRequest{Peer: peer})
			return err
		},
		"toggleSlowMode": func() error {
			_, err := s.owner.ChannelsToggleSlowMode(ctx, &tg.ChannelsToggleSlowModeRequest{Channel: c, Seconds: 10})
			return err
		},
		"toggleSignatures": func() error {
			_, err := s.owner.ChannelsToggleSignatures(ctx, &tg.ChannelsToggleSignaturesRequest{Channel: c})
			return err
		},
		"toggleForum": func() error {
			_, err := s.owner.ChannelsToggleForum(ctx, &tg.ChannelsToggleForumRequest{Channel: c, Enabled: true})
			return err
		},
		"toggleJoinRequest": func() error {
			_, err := s.owner.ChannelsToggleJoinRequest(ctx, &tg.ChannelsToggleJoinRequestRequest{Channel: c, Enabled: true})
			return err
		},
		"editChatParticipantRank": func() error {
			_, err := s.owner.MessagesEditChatParticipantRank(ctx, &tg.MessagesEditChatParticipantRankRequest{
				Peer: peer, Participant: &tg.InputPeerSelf{},
			})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) { isErr(t, call(), 406, "CHANNEL_PRIVATE") })
	}
}

func TestRule08ChannelsAreBannedByMethod(t *testing.T) {
	s := newStage(t, world.Options{Seed: 8, Members: 100})
	cyclists := s.channel(s.owner, "old_town_cyclists")
	since := s.newest()
	edit := func(r tg.ChatBannedRights) error {
		_, err := s.owner.ChannelsEditBanned(t.Context(), &tg.ChannelsEditBannedRequest{
			Channel: s.group(s.owner), Participant: asPeer(cyclists), BannedRights: r,
		})
		return err
	}
	isErr(t, edit(world.Muted()), 406, "BANNED_RIGHTS_INVALID")
	require.NoError(t, edit(world.Banned()))
	kicked := s.list(s.owner, s.group(s.owner), &tg.ChannelParticipantsKicked{}, 0, 200)
	var peers []int64
	for _, p := range kicked.Participants {
		if c, ok := p.(*tg.ChannelParticipantBanned).Peer.(*tg.PeerChannel); ok {
			peers = append(peers, c.ChannelID)
		}
	}
	assert.Contains(t, peers, cyclists.ChannelID)
	require.NoError(t, edit(tg.ChatBannedRights{}))
	for flag, f := range map[string]tg.ChannelAdminLogEventsFilter{"kick": {Kick: true}, "unkick": {Unkick: true}} {
		q := tg.ChannelsGetAdminLogRequest{MinID: since}
		q.SetEventsFilter(f)
		got := s.log(q)
		require.Len(t, got.Events, 1, flag)
		prev, next := sides(got.Events[0].Action)
		want := [2]string{"left", "banned"}
		if flag == "unkick" {
			want = [2]string{"banned", "left"}
		}
		assert.Equal(t, want, [2]string{word(prev), word(next)}, flag)
		assert.Len(t, got.Chats, 2, "the banned channel is among the chats")
	}
}

func TestRule26HastyUnban(t *testing.T) {
	s := newStage(t, world.Options{Seed: 26, Members: 100, Joins: world.JoinRules{HastyUnban: true}})
	u := s.some(ordinary)
	require.NoError(t, s.editBanned(s.owner, u, world.Banned()))
	require.NoError(t, s.editBanned(s.owner, u, tg.ChatBannedRights{}))
	assert.Equal(t, "member", s.truth()[int64(u)].Status, "without a pause the person is inside still")
	require.NoError(t, s.editBanned(s.owner, u, world.Banned()))
	s.clock.advance(1_000_000_000)
	require.NoError(t, s.editBanned(s.owner, u, tg.ChatBannedRights{}))
	assert.Equal(t, "left", s.truth()[int64(u)].Status)
}
