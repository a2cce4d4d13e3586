package bot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gotd/td/tg"

	"rollcall/internal/membership"
	"rollcall/internal/tlmap"
)

// Answer answers a question by the gate's verdict. payload is the deep link to honor; empty for the one in the question. A verdict
// that neither serves nor refuses is answered as not known. Repeating an answer shows nothing twice.
func (b *Bot) Answer(ctx context.Context, r membership.Reply, v membership.Verdict, payload string) (membership.Sent, error) {
	if payload == "" {
		payload = r.Payload
	}
	l := b.refusal(r.User, v.Rule, payload)
	if v.Answer == membership.Serve {
		l = b.service(r.User, payload)
	}
	if r.Kind != membership.ReplyCallback {
		return b.send(ctx, r.User, l, r.RandomID())
	}
	defer b.notify(ctx, r.Query, l.notice)
	return b.press(ctx, r, l)
}

// Do carries an action out: Tell, a promise to a member, and Notice, a message to the owner, who has to have started the bot for that.
func (b *Bot) Do(ctx context.Context, a membership.Action) (membership.Sent, error) {
	switch a.Verb {
	case membership.Tell:
		return b.send(ctx, a.User, b.service(a.User, a.Text), a.RandomID())
	case membership.Notice:
		return b.send(ctx, a.User, letter{text: cut(a.Text)}, a.RandomID())
	default:
		return membership.Sent{}, fmt.Errorf("action %d: the bot does not %s: %w", a.ID, a.Verb, errors.ErrUnsupported)
	}
}

// noticeLife is how long a button's notice is tried: held up by a wait that Telegram asks for, it is not worth a sender's place.
const noticeLife = 2 * time.Second

// notify stops the button's spinner, once the answer proper is sent: that one is not held up by it. Its failure changes nothing: a query
// grows too old within minutes, and the spinner ends by itself then.
func (b *Bot) notify(ctx context.Context, query int64, text string) {
	api, err := b.connection()
	if err != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, noticeLife)
	defer cancel()
	_, _ = api.MessagesSetBotCallbackAnswer(ctx, &tg.MessagesSetBotCallbackAnswerRequest{QueryID: query, Message: text})
}

// press answers a button: the refusal that held it becomes the answer. Under any other message, and where Telegram does not let
// the old message be changed, the answer is a new one.
func (b *Bot) press(ctx context.Context, r membership.Reply, l letter) (membership.Sent, error) {
	if !isCheck(r.Data) || r.Message == 0 {
		return b.send(ctx, r.User, l, r.RandomID())
	}
	sent, err := b.edit(ctx, r.User, r.Message, l)
	refusal, refused := errors.AsType[*membership.TelegramError](err)
	if refused && (refusal.Kind == membership.ErrorOther || refusal.Kind == membership.ErrorNotFound) {
		return b.send(ctx, r.User, l, r.RandomID())
	}
	return sent, err
}

func (b *Bot) send(ctx context.Context, user membership.UserID, l letter, randomID int64) (membership.Sent, error) {
	return b.deliver(user, l, "messages.sendMessage", func(api API, l letter) (tg.UpdatesClass, error) {
		r := &tg.MessagesSendMessageRequest{
			NoWebpage: true, Peer: &tg.InputPeerUser{UserID: int64(user)}, Message: l.text, RandomID: randomID,
		}
		if m := l.markup(); m != nil {
			r.SetReplyMarkup(m)
		}
		return api.MessagesSendMessage(ctx, r)
	})
}

func (b *Bot) edit(ctx context.Context, user membership.UserID, message int, l letter) (membership.Sent, error) {
	return b.deliver(user, l, "messages.editMessage", func(api API, l letter) (tg.UpdatesClass, error) {
		r := &tg.MessagesEditMessageRequest{NoWebpage: true, Peer: &tg.InputPeerUser{UserID: int64(user)}, ID: message}
		r.SetMessage(l.text)
		if m := l.markup(); m != nil {
			r.SetReplyMarkup(m)
		}
		return api.MessagesEditMessage(ctx, r)
	})
}

// deliver makes the call, and once more with the addresses in the text where Telegram does not take one for a button: an owner's
// slip in a link must not silence the bot.
func (b *Bot) deliver(
	user membership.UserID, l letter, method string, call func(API, letter) (tg.UpdatesClass, error),
) (membership.Sent, error) {
	api, err := b.connection()
	if err != nil {
		return membership.Sent{}, err
	}
	tried := b.at()
	us, err := call(api, l)
	if err = tlmap.Failure(method, err); named(err, "BUTTON_URL_INVALID", "URL_INVALID") {
		us, err = call(api, l.plain())
		err = tlmap.Failure(method, err)
	}
	if err != nil {
		return b.undelivered(user, tried, err)
	}
	b.count(us)
	return membership.Sent{}, nil
}

// undelivered sorts a refusal: done before, impossible for good, or an error that may pass.
func (b *Bot) undelivered(user membership.UserID, tried attempt, err error) (membership.Sent, error) {
	if named(err, "RANDOM_ID_DUPLICATE", "MESSAGE_NOT_MODIFIED") {
		return membership.Sent{}, nil
	}
	err = fmt.Errorf("write to user %d: %w", user, err)
	refusal, ok := errors.AsType[*membership.TelegramError](err)
	if !ok {
		return membership.Sent{}, err
	}
	c := &membership.Contact{User: user, Kind: membership.Stopped, At: tried.when, Ref: tried.qts}
	switch refusal.Kind {
	case membership.ErrorNeverStarted: // Telegram does not say whether they ever did
		return membership.Sent{Gone: true, Why: "there is no dialog with them (" + refusal.Name + ")"}, nil
	case membership.ErrorBlocked:
		return membership.Sent{Gone: true, Why: "they blocked the bot (" + refusal.Name + ")", Contact: c}, nil
	case membership.ErrorDeactivated:
		c.Kind = membership.Deactivated
		return membership.Sent{Gone: true, Why: "they deleted their account (" + refusal.Name + ")", Contact: c}, nil
	default:
		return membership.Sent{}, err
	}
}

// attempt is when a message was sent: Telegram's time, and how many of the bot's updates were known by then. A stop that
// Telegram answers with is at least as new as all of them.
type attempt struct {
	when membership.Instant
	qts  uint64
}

func (b *Bot) at() attempt {
	a := attempt{when: membership.At(b.cfg.ServerNow())}
	if f := b.listening(); f != nil {
		a.qts = uint64(max(0, f.at.now().Qts))
	}
	return a
}

// named says whether err is a refusal of Telegram's by one of the names.
func named(err error, names ...string) bool {
	refusal, ok := errors.AsType[*membership.TelegramError](err)
	if !ok {
		return false
	}
	for _, n := range names {
		if refusal.Name == n {
			return true
		}
	}
	return false
}
