package tlmap

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gotd/td/tg"

	"rollcall/internal/membership"
)

func toggled(kind membership.LogKind, on bool) deed {
	if on {
		return deed{kind: kind, was: "off", text: "on"}
	}
	return deed{kind: kind, was: "on", text: "off"}
}

func number[T ~int | ~int64](n T) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(int64(n), 10)
}

func seconds(n int) string {
	if n == 0 {
		return "off"
	}
	return number(n) + " s"
}

func address(l tg.ChannelLocationClass) string {
	if at, ok := l.(*tg.ChannelLocation); ok {
		return at.Address
	}
	return ""
}

func stickers(s tg.InputStickerSetClass) string {
	switch s := s.(type) {
	case *tg.InputStickerSetShortName:
		return s.ShortName
	case *tg.InputStickerSetID:
		return number(s.ID)
	}
	return ""
}

func reactions(r tg.ChatReactionsClass) string {
	switch r := r.(type) {
	case *tg.ChatReactionsNone:
		return "none"
	case *tg.ChatReactionsAll:
		return "all"
	case *tg.ChatReactionsSome:
		var emoji []string
		for _, one := range r.Reactions {
			if e, ok := one.(*tg.ReactionEmoji); ok {
				emoji = append(emoji, e.Emoticon)
			}
		}
		return strings.Join(emoji, " ")
	}
	return ""
}

// brief is at most membership.LogTextLimit characters of a text, valid UTF-8 whatever came.
func brief(s string) string {
	if utf8.ValidString(s) && utf8.RuneCountInString(s) <= membership.LogTextLimit {
		return s
	}
	var b strings.Builder
	n := 0
	for _, r := range s { // what is not UTF-8 comes as U+FFFD
		if n++; n == membership.LogTextLimit && utf8.RuneCountInString(s) > n {
			b.WriteRune('…')
			break
		}
		b.WriteRune(r)
	}
	return b.String()
}

// forbidden are the things that ordinary members may not do, in Telegram's words without their "send_".
func forbidden(r tg.ChatBannedRights) string {
	var words []string
	for _, right := range []struct {
		denied bool
		word   string
	}{
		{r.SendMessages, "messages"},
		{r.SendMedia, "media"},
		{r.SendStickers, "stickers"},
		{r.SendGifs, "gifs"},
		{r.SendGames, "games"},
		{r.SendInline, "inline"},
		{r.EmbedLinks, "embed_links"},
		{r.SendPolls, "polls"},
		{r.ChangeInfo, "change_info"},
		{r.InviteUsers, "invite_users"},
		{r.PinMessages, "pin_messages"},
		{r.ManageTopics, "manage_topics"},
		{r.SendPhotos, "photos"},
		{r.SendVideos, "videos"},
		{r.SendRoundvideos, "roundvideos"},
		{r.SendAudios, "audios"},
		{r.SendVoices, "voices"},
		{r.SendDocs, "docs"},
		{r.SendPlain, "plain"},
		{r.EditRank, "edit_rank"},
		{r.SendReactions, "reactions"},
	} {
		if right.denied {
			words = append(words, right.word)
		}
	}
	if words == nil {
		return "nothing is forbidden"
	}
	return "no " + strings.Join(words, ", ")
}
