package bot_test

import (
	"errors"
	"regexp"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
	"github.com/stretchr/testify/require"

	"rollcall/internal/bot"
	"rollcall/internal/membership"
)

var (
	serve  = membership.Verdict{Answer: membership.Serve, Rule: membership.RuleMember}
	refuse = membership.Verdict{Answer: membership.Refuse, Rule: membership.RuleOut}
)

func texts() bot.Texts {
	return bot.Texts{
		Welcome: "Hello, member!",
		Links:   map[string]string{"vip": "*The* <b>secret</b> is 42", "doc": "https://example.com/doc?x=1"},
	}
}

func question() membership.Reply {
	return membership.Reply{Bot: self, User: membership.UserID(ann), Kind: membership.ReplyStart, Message: 101}
}

func press(data string) membership.Reply {
	return membership.Reply{
		Bot: self, User: membership.UserID(ann), Kind: membership.ReplyCallback, Message: 50, Query: 9, Data: data,
	}
}

func speaking(s *server) *bot.Bot {
	cfg := config(s, newBook())
	cfg.Texts = texts()
	cfg.ServerNow = func() time.Time { return time.Unix(1_700_000_500, 0) }
	return bot.New(cfg)
}

// buttons are a message's, as caption and address or data.
func buttons(m tg.ReplyMarkupClass) [][2]string {
	var all [][2]string
	markup, ok := m.(*tg.ReplyInlineMarkup)
	if !ok {
		return nil
	}
	for _, row := range markup.Rows {
		for _, b := range row.Buttons {
			switch kind := b.Type.(type) {
			case *tg.InlineButtonTypeURL:
				all = append(all, [2]string{b.Text, kind.URL})
			case *tg.InlineButtonTypeCallback:
				all = append(all, [2]string{b.Text, string(kind.Data)})
			}
		}
	}
	return all
}

func TestAnswer(t *testing.T) {
	join, check := [2]string{"Join Chess Club", "https://t.me/chessclub"}, [2]string{"Check again", "check"}
	shadow := refuse
	shadow.Answer, shadow.Shadow = membership.Serve, true
	for _, c := range []struct {
		name    string
		verdict membership.Verdict
		payload string
		text    string // begins so
		buttons [][2]string
	}{
		{"a member", serve, "", "Hello, member!", nil},
		{"a member's link is verbatim", serve, "vip", "*The* <b>secret</b> is 42", nil},
		{"a member's address", serve, "doc", "Here is what you asked for:", [][2]string{{"Open", "https://example.com/doc?x=1"}}},
		{"an unknown link", serve, "nothing", "Hello, member!", nil},
		{"shadow mode serves", shadow, "vip", "*The* <b>secret</b> is 42", nil},
		{"a stranger", refuse, "", "This bot is for the members of Chess Club, and right now", [][2]string{join, check}},
		{"a stranger with a link", refuse, "vip", "This bot is for", [][2]string{join, {"Check again", "check:vip"}}},
		{
			"unknown",
			membership.Verdict{Answer: membership.Refuse, Rule: membership.RuleUnknown},
			"",
			"This bot is for the members of Chess Club, and just now I could not",
			[][2]string{join, check},
		},
		{
			"revoked",
			membership.Verdict{Answer: membership.Refuse, Rule: membership.RuleRevoked},
			"",
			"Your access to this bot is switched off",
			[][2]string{join, check},
		},
		{
			"no verdict at all refuses",
			membership.Verdict{Answer: membership.LookUp, Rule: membership.RuleDoubt},
			"",
			"This bot is for the members of Chess Club, and just now I could not",
			[][2]string{join, check},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newServer()
			sent, err := speaking(s).Answer(t.Context(), question(), c.verdict, c.payload)
			require.NoError(t, err)
			require.Len(t, s.sent, 1)
			r := s.sent[0]
			require.Regexp(t, "^"+regexp.QuoteMeta(c.text), r.Message)
			require.Equal(t, c.buttons, buttons(r.ReplyMarkup))
			require.Equal(t, question().RandomID(), r.RandomID)
			require.Equal(t, &tg.InputPeerUser{UserID: ann}, r.Peer)
			require.Empty(t, r.Entities, "nothing is ever parsed for markup")
			require.Nil(t, sent.Contact)
			require.False(t, sent.Gone)
		})
	}
}

func TestAnswerHonoursTheQuestionsPayload(t *testing.T) {
	s := newServer()
	r := question()
	r.Payload = "vip"
	_, err := speaking(s).Answer(t.Context(), r, serve, "")
	require.NoError(t, err)
	require.Equal(t, "*The* <b>secret</b> is 42", s.sent[0].Message)
}

func TestAnswerAButton(t *testing.T) {
	t.Run("the refusal becomes the answer", func(t *testing.T) {
		s := newServer()
		sent, err := speaking(s).Answer(t.Context(), press("check:vip"), serve, "vip")
		require.NoError(t, err)
		require.Len(t, s.notices, 1)
		require.Equal(t, int64(9), s.notices[0].QueryID)
		require.Equal(t, "You are in, welcome!", s.notices[0].Message)
		require.Empty(t, s.sent)
		require.Len(t, s.edited, 1)
		require.Equal(t, 50, s.edited[0].ID)
		require.Equal(t, "*The* <b>secret</b> is 42", s.edited[0].Message)
		require.Nil(t, s.edited[0].ReplyMarkup, "the old buttons go")
		require.Nil(t, sent.Contact)
	})
	t.Run("another button gets a new message", func(t *testing.T) {
		s := newServer()
		_, err := speaking(s).Answer(t.Context(), press("menu"), refuse, "")
		require.NoError(t, err)
		require.Equal(t, "Not a member yet.", s.notices[0].Message)
		require.Empty(t, s.edited)
		require.Len(t, s.sent, 1)
		require.Equal(t, press("menu").RandomID(), s.sent[0].RandomID)
	})
	for name, refusal := range map[string]string{
		"too old to be edited": "MESSAGE_ID_INVALID",
		"not ours":             "MESSAGE_AUTHOR_REQUIRED",
		"a server that cannot": "INPUT_METHOD_INVALID",
	} {
		t.Run("a message "+name, func(t *testing.T) {
			s := newServer()
			s.onEdit = func(*tg.MessagesEditMessageRequest) (tg.UpdatesClass, error) { return nil, tgerr.New(400, refusal) }
			_, err := speaking(s).Answer(t.Context(), press("check"), serve, "")
			require.NoError(t, err)
			require.Len(t, s.sent, 1)
			require.Equal(t, "Hello, member!", s.sent[0].Message)
		})
	}
	t.Run("still refused", func(t *testing.T) {
		s := newServer()
		s.onEdit = func(*tg.MessagesEditMessageRequest) (tg.UpdatesClass, error) {
			return nil, tgerr.New(400, "MESSAGE_NOT_MODIFIED")
		}
		_, err := speaking(s).Answer(t.Context(), press("check"), refuse, "")
		require.NoError(t, err)
		require.Empty(t, s.sent)
	})
	t.Run("a query too old for a notice", func(t *testing.T) {
		s := newServer()
		s.onNotice = tgerr.New(400, "QUERY_ID_INVALID")
		_, err := speaking(s).Answer(t.Context(), press("check"), serve, "")
		require.NoError(t, err)
		require.Len(t, s.edited, 1)
	})
}

func TestAnswerRefused(t *testing.T) {
	user, at := membership.UserID(ann), membership.Instant(1_700_000_500)
	for _, c := range []struct {
		refusal string
		code    int
		gone    bool
		contact *membership.Contact
		kind    membership.TelegramErrorKind // of the error; ErrorOther for none
	}{
		{"USER_IS_BLOCKED", 403, true, &membership.Contact{User: user, Kind: membership.Stopped, At: at}, 0},
		{"USER_IS_BLOCKED", 400, true, &membership.Contact{User: user, Kind: membership.Stopped, At: at}, 0},
		{"INPUT_USER_DEACTIVATED", 400, true, &membership.Contact{User: user, Kind: membership.Deactivated, At: at}, 0},
		{"USER_DELETED", 403, true, &membership.Contact{User: user, Kind: membership.Deactivated, At: at}, 0},
		{"PEER_ID_INVALID", 400, true, nil, 0},
		{"RANDOM_ID_DUPLICATE", 500, false, nil, 0},
		{"INTERNAL", 500, false, nil, membership.ErrorTemporary},
	} {
		t.Run(c.refusal, func(t *testing.T) {
			s := newServer()
			s.onSend = func(*tg.MessagesSendMessageRequest) (tg.UpdatesClass, error) {
				return nil, tgerr.New(c.code, c.refusal)
			}
			sent, err := speaking(s).Answer(t.Context(), question(), serve, "")
			require.Equal(t, c.contact, sent.Contact)
			require.Equal(t, c.gone, sent.Gone)
			require.Equal(t, c.gone, sent.Why != "")
			if c.kind == membership.ErrorOther {
				require.NoError(t, err)
				return
			}
			refusal, ok := errors.AsType[*membership.TelegramError](err)
			require.True(t, ok, "%v", err)
			require.Equal(t, c.kind, refusal.Kind)
		})
	}
}

// An owner's slip in a link must not silence the bot.
func TestAnswerWithoutTheButtonThatTelegramRefuses(t *testing.T) {
	s := newServer()
	s.onSend = func(r *tg.MessagesSendMessageRequest) (tg.UpdatesClass, error) {
		if len(buttons(r.ReplyMarkup)) > 0 {
			return nil, tgerr.New(400, "BUTTON_URL_INVALID")
		}
		return &tg.UpdateShortSentMessage{ID: 1, Date: 2}, nil
	}
	_, err := speaking(s).Answer(t.Context(), question(), serve, "doc")
	require.NoError(t, err)
	require.Len(t, s.sent, 2)
	require.Equal(t, "Here is what you asked for:\nhttps://example.com/doc?x=1", s.sent[1].Message)
	require.Equal(t, s.sent[0].RandomID, s.sent[1].RandomID)
}

// The answer is what they came for; the notice ends a spinner.
func TestAButtonsNoticeDoesNotHoldUpTheAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.notice = make(chan struct{})
		began := time.Now()
		var answered time.Duration
		s.onEdit = func(*tg.MessagesEditMessageRequest) (tg.UpdatesClass, error) {
			answered = time.Since(began)
			return &tg.Updates{}, nil
		}
		_, err := speaking(s).Answer(t.Context(), press("check"), serve, "")
		require.NoError(t, err)
		require.Zero(t, answered)
		require.LessOrEqual(t, time.Since(began), 2*time.Second, "and its sender is free again soon")
	})
}

func TestDo(t *testing.T) {
	s := newServer()
	a := membership.Action{ID: 3, Verb: membership.Tell, Group: group, User: membership.UserID(ann), At: 5, Text: "vip"}
	_, err := speaking(s).Do(t.Context(), a)
	require.NoError(t, err)
	require.Equal(t, "*The* <b>secret</b> is 42", s.sent[0].Message)
	require.Equal(t, a.RandomID(), s.sent[0].RandomID)
	a.Verb = membership.Revoke
	_, err = speaking(s).Do(t.Context(), a)
	require.ErrorIs(t, err, errors.ErrUnsupported)
}

// What the owner is told is told as it stands: no link, no welcome, no button. A bot may not write first, and says so for good.
func TestDoNotice(t *testing.T) {
	s := newServer()
	b := speaking(s)
	a := membership.Action{ID: 4, Verb: membership.Notice, Group: group, User: membership.UserID(ann), At: 5, Text: "vip"}
	sent, err := b.Do(t.Context(), a)
	require.NoError(t, err)
	require.Zero(t, sent)
	require.Equal(t, "vip", s.sent[0].Message, "not the promise of that name")
	require.Nil(t, s.sent[0].ReplyMarkup)
	require.Equal(t, a.RandomID(), s.sent[0].RandomID)

	s.onSend = func(*tg.MessagesSendMessageRequest) (tg.UpdatesClass, error) {
		return nil, tgerr.New(400, "PEER_ID_INVALID")
	}
	sent, err = b.Do(t.Context(), a)
	require.NoError(t, err)
	require.Equal(t, membership.Sent{Gone: true, Why: "there is no dialog with them (PEER_ID_INVALID)"}, sent)
}

func TestTheOwnersTextsChangeWhileTheBotSpeaks(t *testing.T) {
	s := newServer()
	b := speaking(s)
	b.SetTexts(bot.Texts{Welcome: "Hello again", JoinLink: "@elsewhere"})
	_, err := b.Answer(t.Context(), question(), serve, "")
	require.NoError(t, err)
	require.Equal(t, "Hello again", s.sent[0].Message)
	_, err = b.Answer(t.Context(), question(), membership.Verdict{Answer: membership.Refuse, Rule: membership.RuleOut}, "")
	require.NoError(t, err)
	require.Contains(t, buttons(s.sent[1].ReplyMarkup)[0][1], "t.me/elsewhere")
}

func TestNotConnected(t *testing.T) {
	cfg := config(newServer(), newBook())
	cfg.API = nil
	b := bot.New(cfg)
	_, err := b.Answer(t.Context(), press("check"), serve, "")
	require.ErrorIs(t, err, bot.ErrNotConnected)
	_, err = b.LookUp(t.Context(), 5)
	require.ErrorIs(t, err, bot.ErrNotConnected)
	_, err = b.Rights(t.Context())
	require.ErrorIs(t, err, bot.ErrNotConnected)
	require.NoError(t, b.Handler().Handle(t.Context(), &tg.UpdatesTooLong{}))
}
