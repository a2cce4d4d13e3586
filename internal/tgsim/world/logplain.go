package world

import "github.com/gotd/td/tg"

// plainDetail tells of a change that this world knows nothing else of: group calls, topics, colors, stickers.
func plainDetail(c *channel, k logKind, now int32) detail {
	seed := mix(uint64(c.id) ^ uint64(k)<<48)
	by := c.creator
	return detail{named: []UserID{by}, say: func(UserID) tg.ChannelAdminLogEventActionClass {
		switch k {
		case logStartGroupCall, logDiscardGroupCall, logParticipantMute, logParticipantUnmute, logParticipantVolume,
			logToggleGroupCallSetting:
			return callAction(k, by, seed, now)
		case logCreateTopic, logEditTopic, logDeleteTopic, logPinTopic:
			return topicAction(c, k, now)
		case logChangePeerColor, logChangeProfilePeerColor, logChangeWallpaper, logChangeEmojiStatus, logChangeStickerSet,
			logChangeEmojiStickerSet:
			return lookAction(k, seed)
		default:
			return otherAction(c, k)
		}
	}}
}

func callAction(k logKind, by UserID, seed uint64, now int32) tg.ChannelAdminLogEventActionClass {
	call := &tg.InputGroupCall{ID: int64(seed >> 1), AccessHash: int64(mix(seed))}
	who := tg.GroupCallParticipant{Peer: &tg.PeerUser{UserID: int64(by)}, Date: int(now), Source: int(seed & 0xffffff)}
	switch k {
	case logStartGroupCall:
		return &tg.ChannelAdminLogEventActionStartGroupCall{Call: call}
	case logDiscardGroupCall:
		return &tg.ChannelAdminLogEventActionDiscardGroupCall{Call: call}
	case logParticipantMute:
		who.Muted = true
		return &tg.ChannelAdminLogEventActionParticipantMute{Participant: who}
	case logParticipantUnmute:
		who.CanSelfUnmute = true
		return &tg.ChannelAdminLogEventActionParticipantUnmute{Participant: who}
	case logParticipantVolume:
		who.VolumeByAdmin = true
		who.SetVolume(5_000)
		return &tg.ChannelAdminLogEventActionParticipantVolume{Participant: who}
	default:
		return &tg.ChannelAdminLogEventActionToggleGroupCallSetting{JoinMuted: true}
	}
}

func topicAction(c *channel, k logKind, now int32) tg.ChannelAdminLogEventActionClass {
	topic := func(title string) *tg.ForumTopic {
		return &tg.ForumTopic{
			ID: c.top, Date: int(now), Peer: c.peer().tgPeer(), Title: title, IconColor: 0x6fb9f0, TopMessage: c.top,
			FromID: &tg.PeerUser{UserID: int64(c.creator)}, NotifySettings: tg.PeerNotifySettings{},
		}
	}
	switch k {
	case logCreateTopic:
		return &tg.ChannelAdminLogEventActionCreateTopic{Topic: topic("Poetry")}
	case logEditTopic:
		return &tg.ChannelAdminLogEventActionEditTopic{PrevTopic: topic("Poetry"), NewTopic: topic("Poems")}
	case logDeleteTopic:
		return &tg.ChannelAdminLogEventActionDeleteTopic{Topic: topic("Poems")}
	default:
		first := topic("Poems")
		first.Pinned = true
		return &tg.ChannelAdminLogEventActionPinTopic{NewTopic: first}
	}
}

// lookAction is one of those that change what the channel looks like.
func lookAction(k logKind, seed uint64) tg.ChannelAdminLogEventActionClass {
	blue, green := new(tg.PeerColor), new(tg.PeerColor)
	blue.SetColor(5)
	green.SetColor(3)
	stickers := &tg.InputStickerSetID{ID: int64(seed >> 1), AccessHash: int64(mix(seed))}
	switch k {
	case logChangePeerColor:
		return &tg.ChannelAdminLogEventActionChangePeerColor{PrevValue: blue, NewValue: green}
	case logChangeProfilePeerColor:
		return &tg.ChannelAdminLogEventActionChangeProfilePeerColor{PrevValue: blue, NewValue: green}
	case logChangeWallpaper:
		paper := func(emoticon string) *tg.WallPaperNoFile {
			out := &tg.WallPaperNoFile{}
			s := tg.WallPaperSettings{}
			s.SetEmoticon(emoticon)
			out.SetSettings(s)
			return out
		}
		return &tg.ChannelAdminLogEventActionChangeWallpaper{PrevValue: paper("📚"), NewValue: paper("🏮")}
	case logChangeEmojiStatus:
		return &tg.ChannelAdminLogEventActionChangeEmojiStatus{
			PrevValue: &tg.EmojiStatusEmpty{}, NewValue: &tg.EmojiStatus{DocumentID: int64(seed >> 1)},
		}
	case logChangeStickerSet:
		return &tg.ChannelAdminLogEventActionChangeStickerSet{PrevStickerset: &tg.InputStickerSetEmpty{}, NewStickerset: stickers}
	default:
		return &tg.ChannelAdminLogEventActionChangeEmojiStickerSet{
			PrevStickerset: &tg.InputStickerSetEmpty{}, NewStickerset: stickers,
		}
	}
}

func otherAction(c *channel, k logKind) tg.ChannelAdminLogEventActionClass {
	switch k {
	case logChangeUsernames:
		return &tg.ChannelAdminLogEventActionChangeUsernames{
			PrevValue: []string{c.username}, NewValue: []string{c.username, "lantern_collectible"},
		}
	case logChangeLocation:
		return &tg.ChannelAdminLogEventActionChangeLocation{
			PrevValue: &tg.ChannelLocationEmpty{},
			NewValue: &tg.ChannelLocation{
				GeoPoint: &tg.GeoPoint{Lat: 52.37, Long: 4.89, AccessHash: c.community()}, Address: "Lantern Street 1",
			},
		}
	case logChangeHistoryTTL:
		return &tg.ChannelAdminLogEventActionChangeHistoryTTL{PrevValue: 0, NewValue: 7 * day}
	case logToggleInvites:
		return &tg.ChannelAdminLogEventActionToggleInvites{NewValue: true}
	case logChangeAvailableReactions:
		return &tg.ChannelAdminLogEventActionChangeAvailableReactions{
			PrevValue: &tg.ChatReactionsAll{},
			NewValue:  &tg.ChatReactionsSome{Reactions: []tg.ReactionClass{&tg.ReactionEmoji{Emoticon: "👍"}}},
		}
	default:
		panic("world: an admin log action without a making")
	}
}
