package world

import (
	"strings"

	"github.com/gotd/td/tg"
)

// maxPayload is the longest start parameter of a deep link.
const maxPayload = 64

// query is a button press that waits for the bot's answer.
type query struct {
	bot      UserID
	answered bool
}

// person refuses who cannot act towards bots.
func (w *World) person(u UserID) error {
	a := w.account(u)
	switch {
	case a == nil:
		return refuse(400, "USER_ID_INVALID")
	case a.bot:
		return refuse(400, "BOT_METHOD_INVALID")
	case a.deleted:
		return refuse(400, "INPUT_USER_DEACTIVATED")
	}
	return nil
}

// Start presses the bot's start button, with a deep link's payload or none. Who has blocked the bot
// unblocks it with that, as official clients do: the bot hears of both.
func (w *World) Start(u, bot UserID, payload string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.mayStart(u, bot, payload); err != nil {
		return err
	}
	w.setBlocked(u, bot, false)
	w.write(u, bot, Draft{Text: strings.TrimSpace("/start " + payload)})
	w.echo(u)
	return nil
}

// StartBot is messages.startBot: Start with a payload by an account's own client, which is not possible with a bot that
// is blocked. It returns what the client is answered.
func (w *World) StartBot(u, bot UserID, payload string, randomID int64) (*tg.Updates, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.mayStart(u, bot, payload); err != nil {
		return nil, err
	}
	if payload == "" {
		return nil, refuse(400, "START_PARAM_EMPTY")
	}
	return w.send(u, bot, Draft{Text: "/start " + payload, RandomID: randomID})
}

func (w *World) mayStart(u, bot UserID, payload string) error {
	if err := w.towards(u, bot); err != nil {
		return err
	}
	switch {
	case len(payload) > maxPayload:
		return refuse(400, "START_PARAM_TOO_LONG")
	case strings.ContainsFunc(payload, notInPayload):
		return refuse(400, "START_PARAM_INVALID")
	}
	return nil
}

func notInPayload(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' && r != '-'
}

// towards says whether the person can act towards the bot.
func (w *World) towards(u, bot UserID) error {
	if err := w.person(u); err != nil {
		return err
	}
	if b := w.account(bot); b == nil || !b.bot {
		return refuse(400, "BOT_INVALID")
	}
	return nil
}

// Write sends a private message from a person whom nobody signs in as.
func (w *World) Write(u, bot UserID, text string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.towards(u, bot); err != nil {
		return err
	}
	if err := checkText(text); err != nil {
		return err
	}
	if err := w.reachable(u, bot); err != nil {
		return err
	}
	w.write(u, bot, Draft{Text: text})
	w.echo(u)
	return nil
}

// Block blocks the bot. The bot hears of it if there is a dialog and it was not blocked before.
func (w *World) Block(u, bot UserID) error { return w.block(u, bot, true) }

// Unblock takes the block away.
func (w *World) Unblock(u, bot UserID) error { return w.block(u, bot, false) }

func (w *World) block(u, bot UserID, blocked bool) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.towards(u, bot); err != nil {
		return err
	}
	w.setBlocked(u, bot, blocked)
	return nil
}

func (w *World) setBlocked(u, bot UserID, blocked bool) {
	t := w.talk(bot, u)
	if t.blocked == blocked {
		return
	}
	t.blocked = blocked
	if w.watch != nil {
		w.happened(w.now(), "%s %s %s", w.who(u), map[bool]string{true: "blocked", false: "unblocked"}[blocked], w.who(bot))
	}
	if !t.started {
		return
	}
	now := w.now()
	w.queue(bot, entry{date: now, users: []UserID{u}, update: func(qts int) tg.UpdateClass {
		return &tg.UpdateBotStopped{UserID: int64(u), Date: int(now), Stopped: blocked, Qts: qts}
	}})
}

// Press presses the button that holds data, on the newest of the bot's messages that has one.
func (w *World) Press(u, bot UserID, data string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.towards(u, bot); err != nil {
		return err
	}
	if err := w.reachable(u, bot); err != nil {
		return err
	}
	t := w.talks[pair{bot, u}]
	if t == nil || len(t.told) == 0 {
		return refuse(400, "MESSAGE_ID_INVALID")
	}
	for i := len(t.told) - 1; i >= 0; i-- {
		if t.told[i].has(data) {
			if w.watch != nil {
				w.happened(w.now(), "%s pressed %s of %s", w.who(u), quoted(data), w.who(bot))
			}
			w.ask(u, bot, t.told[i], data)
			return nil
		}
	}
	return refuse(400, "DATA_INVALID")
}

func (l *letter) has(data string) bool {
	for _, line := range l.buttons {
		for _, b := range line {
			if b.URL == "" && b.Data == data {
				return true
			}
		}
	}
	return false
}

// ask pushes the press to the bot. It is in no sequence: a bot that is away never hears of it.
func (w *World) ask(u, bot UserID, l *letter, data string) {
	id := w.nextQuery
	w.nextQuery++
	w.queries[id] = &query{bot: bot}
	w.push(bot, &tg.Updates{
		Updates: []tg.UpdateClass{&tg.UpdateBotCallbackQuery{
			QueryID: id, UserID: int64(u), Peer: &tg.PeerUser{UserID: int64(u)}, MsgID: l.fromID,
			ChatInstance: w.accessHash(bot, peer{kindChat, int64(u)}), Data: []byte(data),
		}},
		Users: w.users(bot, u, bot),
	})
}

// AnswerQuery takes the bot's answer to a button press, once. What it says is shown for a moment by
// the presser's client and kept nowhere.
func (w *World) AnswerQuery(bot UserID, id int64) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	q := w.queries[id]
	if q == nil || q.bot != bot || q.answered {
		return refuse(400, "QUERY_ID_INVALID")
	}
	q.answered = true
	return nil
}

// Told is a message of the bot as the person last saw it.
type Told struct {
	ID      int
	Date    int32
	Text    string
	Buttons [][]Button
}

// Told returns what the bot told the person, oldest first. Ids are the bot's.
func (w *World) Told(bot, u UserID) ([]Told, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.account(u) == nil {
		return nil, refuse(400, "USER_ID_INVALID")
	}
	t := w.talks[pair{bot, u}]
	if t == nil {
		return nil, nil
	}
	out := make([]Told, 0, len(t.told))
	for _, l := range t.told {
		buttons := make([][]Button, 0, len(l.buttons))
		for _, line := range l.buttons {
			buttons = append(buttons, append([]Button(nil), line...))
		}
		out = append(out, Told{ID: l.fromID, Date: l.date, Text: l.text, Buttons: buttons})
	}
	return out, nil
}
