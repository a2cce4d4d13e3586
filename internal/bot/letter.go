package bot

import (
	"fmt"
	"net/url"
	"strings"
	"unicode/utf16"

	"github.com/gotd/td/tg"

	"rollcall/internal/membership"
)

// MaxText is how long a message may be, in UTF-16 units; Telegram's limit (telegram.md §11).
const MaxText = 4096

// maxURL bounds what may be a button's address. Telegram names no limit; 2,048 is what browsers agree on.
const maxURL = 2048

// letter is a message before it is sent, and the notice that a pressed button shows.
type letter struct {
	text   string
	links  []link // buttons that open an address
	check  []byte // data of the "check again" button; nil for none
	again  string // its caption
	notice string
}

type link struct{ caption, url string }

// service is what somebody gets who is let in: what the payload promises, or the welcome.
func (b *Bot) service(user membership.UserID, payload string) letter {
	say := b.speaking(user)
	l := letter{notice: say.text("notice_in")}
	promised, known := b.texts().Links[payload]
	if known && payload != "" && strings.TrimSpace(promised) != "" {
		if address, ok := webAddress(promised); ok {
			l.text, l.links = say.text("link_ready"), []link{{caption: say.text("button_open"), url: address}}
			return l
		}
		l.text = cut(promised)
		return l
	}
	l.text = cut(b.texts().Welcome)
	if strings.TrimSpace(l.text) == "" {
		l.text = say.text("welcome")
	}
	return l
}

// refusal is what somebody gets who is not let in: why, in kind words, and the way in.
func (b *Bot) refusal(user membership.UserID, rule membership.Rule, payload string) letter {
	say := b.speaking(user)
	reason, notice := reasonFor(rule)
	way := "way_ask"
	l := letter{check: dataFor(payload), again: say.text("button_check"), notice: say.text(notice)}
	if address, ok := b.wayIn(); ok {
		way = "way_join"
		l.links = []link{{caption: say.text("button_join"), url: address}}
	}
	if rule == membership.RuleOut {
		l.text = say.text(reason) + "\n\n" + say.text(way)
		return l
	}
	l.text = say.text(reason) + "\n\n" + say.text("way_again")
	return l
}

// reasonFor is which text and notice go with a rule.
func reasonFor(rule membership.Rule) (text, notice string) {
	switch rule {
	case membership.RuleOut:
		return "refused_out", "notice_out"
	case membership.RuleRevoked:
		return "refused_revoked", "notice_revoked"
	default: // everything else says that we do not know, or cannot ask
		return "refused_unknown", "notice_unknown"
	}
}

// wayIn is the address by which strangers join.
func (b *Bot) wayIn() (string, bool) {
	if address, ok := webAddress(b.texts().JoinLink); ok {
		return address, true
	}
	name := strings.TrimPrefix(strings.TrimSpace(b.texts().JoinLink), "@")
	if name == "" {
		name = b.cfg.Group.Username
	}
	if !isUsername(name) {
		return "", false
	}
	return "https://t.me/" + name, true
}

func isUsername(s string) bool {
	return s != "" && len(s) <= 32 && !strings.Contains(s, "-") && validPayload(s) == s
}

// webAddress reads a text that is an address and nothing else.
func webAddress(s string) (string, bool) {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, "t.me/") || strings.HasPrefix(s, "telegram.me/") {
		s = "https://" + s
	}
	if len(s) > maxURL || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return "", false
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" {
		return "", false
	}
	switch u.Scheme {
	case "http", "https", "tg":
		return s, true
	}
	return "", false
}

// CheckTexts says what in the owner's texts cannot be said.
func CheckTexts(t Texts) error {
	if n := units(t.Welcome); n > MaxText {
		return fmt.Errorf("the welcome is %d characters long, Telegram takes %d", n, MaxText)
	}
	for payload, text := range t.Links {
		switch {
		case payload == "" || validPayload(payload) != payload:
			return fmt.Errorf("%q cannot be a deep link's payload: 1 to %d of A-Z, a-z, 0-9, _ and -", payload, maxPayload)
		case strings.TrimSpace(text) == "":
			return fmt.Errorf("the link %q promises nothing", payload)
		case units(text) > MaxText:
			return fmt.Errorf("the text of the link %q is %d characters long, Telegram takes %d", payload, units(text), MaxText)
		}
	}
	name := strings.TrimPrefix(strings.TrimSpace(t.JoinLink), "@")
	if _, ok := webAddress(t.JoinLink); !ok && name != "" && !isUsername(name) {
		return fmt.Errorf("%q is no way in: a link, t.me/… or @name", t.JoinLink)
	}
	return nil
}

// plain is the letter with its addresses in the text instead of buttons.
func (l letter) plain() letter {
	for _, k := range l.links {
		l.text += "\n" + k.url
	}
	l.text, l.links = cut(l.text), nil
	return l
}

func (l letter) markup() tg.ReplyMarkupClass {
	var rows []tg.KeyboardInlineButtonRow
	add := func(caption string, kind tg.InlineButtonTypeClass) {
		rows = append(rows, tg.KeyboardInlineButtonRow{Buttons: []tg.KeyboardInlineButton{{Text: caption, Type: kind}}})
	}
	for _, k := range l.links {
		add(k.caption, &tg.InlineButtonTypeURL{URL: k.url})
	}
	if l.check != nil {
		add(l.again, &tg.InlineButtonTypeCallback{Data: l.check})
	}
	if rows == nil {
		return nil
	}
	return &tg.ReplyInlineMarkup{Rows: rows}
}

// units is the length of s as Telegram counts it.
func units(s string) int {
	n := 0
	for _, r := range s {
		n += max(1, utf16.RuneLen(r))
	}
	return n
}

// cut shortens s to what one message holds. It is the last resort: CheckTexts tells the owner beforehand.
func cut(s string) string {
	s = strings.ToValidUTF8(s, "")
	n := 0
	for i, r := range s {
		if n += max(1, utf16.RuneLen(r)); n > MaxText {
			return s[:i]
		}
	}
	return s
}
