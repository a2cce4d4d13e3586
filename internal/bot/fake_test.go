package bot_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/gotd/td/telegram"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

	"rollcall/internal/bot"
	"rollcall/internal/membership"
)

const (
	self   = membership.UserID(7_000_000_001)
	group  = membership.GroupID(1_500_000_000)
	nobody = int64(1_600_000_000) // a group that is not ours
	ann    = int64(11)

	serviceUser = int64(777000) // by which Telegram itself writes
)

// server is Telegram as the bot sees it: two numbered queues, and the calls.
type server struct {
	mu        sync.Mutex
	qts, pts  int
	date      int
	floor     int // updates up to this qts are gone
	members   []tg.UpdateClass
	messages  []*tg.Message
	slice     int // how many updates a difference brings at most; 0 is all
	tooLong   bool
	refuse    []error // answers to the next questions for the difference
	asked     int     // questions for the difference
	states    int
	stateLies func(*tg.UpdatesState)

	sent      []*tg.MessagesSendMessageRequest
	edited    []*tg.MessagesEditMessageRequest
	notices   []*tg.MessagesSetBotCallbackAnswerRequest
	notice    chan struct{} // where set, a notice waits for it
	questions []*tg.ChannelsGetParticipantRequest
	onSend    func(*tg.MessagesSendMessageRequest) (tg.UpdatesClass, error)
	onEdit    func(*tg.MessagesEditMessageRequest) (tg.UpdatesClass, error)
	onNotice  error
	onRow     func() (*tg.ChannelsChannelParticipant, error)
	onFull    func(id int64) (*tg.MessagesChatFull, error)
}

func newServer() *server { return &server{qts: 10, pts: 100, date: 1_700_000_000} }

// person is a user as Telegram shows one.
func person(id int64, lang string) *tg.User {
	u := &tg.User{ID: id, FirstName: "Person"}
	u.SetAccessHash(id * 7)
	if lang != "" {
		u.SetLangCode(lang)
	}
	return u
}

// join makes somebody join a group and returns the update; it is in the queue whether or not it is delivered.
func (s *server) join(channel, user int64) *tg.Updates {
	return s.number(func(qts, date int) tg.UpdateClass {
		u := &tg.UpdateChannelParticipant{ChannelID: channel, Date: date, ActorID: user, UserID: user, Qts: qts}
		u.SetNewParticipant(&tg.ChannelParticipant{UserID: user, Date: date})
		return u
	}, user)
}

func (s *server) stop(user int64, stopped bool) *tg.Updates {
	return s.number(func(qts, date int) tg.UpdateClass {
		return &tg.UpdateBotStopped{UserID: user, Date: date, Stopped: stopped, Qts: qts}
	}, user)
}

func (s *server) number(build func(qts, date int) tg.UpdateClass, user int64) *tg.Updates {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.qts++
	s.date++
	u := build(s.qts, s.date)
	s.members = append(s.members, u)
	return &tg.Updates{Updates: []tg.UpdateClass{u}, Users: []tg.UserClass{person(user, "")}, Date: s.date}
}

// write is a private message to the bot.
func (s *server) write(user int64, text string) *tg.Updates {
	return s.messageFrom(user, text, func(*tg.Message) {})
}

func (s *server) messageFrom(user int64, text string, change func(*tg.Message)) *tg.Updates {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pts++
	s.date++
	m := &tg.Message{ID: s.pts, PeerID: &tg.PeerUser{UserID: user}, Message: text, Date: s.date}
	change(m)
	s.messages = append(s.messages, m)
	return &tg.Updates{
		Updates: []tg.UpdateClass{&tg.UpdateNewMessage{Message: m, Pts: s.pts, PtsCount: 1}},
		Users:   []tg.UserClass{person(user, "ru")}, Date: s.date,
	}
}

// skip uses a number of the queue for something that a difference does not bring.
func (s *server) skip() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.qts++
}

func (s *server) state() tg.UpdatesState {
	return tg.UpdatesState{Pts: s.pts, Qts: s.qts, Date: s.date, Seq: 1}
}

func (s *server) UpdatesGetState(ctx context.Context) (*tg.UpdatesState, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.states++
	st := s.state()
	if s.stateLies != nil {
		s.stateLies(&st)
	}
	return &st, ctx.Err()
}

func (s *server) UpdatesGetDifference(
	ctx context.Context, r *tg.UpdatesGetDifferenceRequest,
) (tg.UpdatesDifferenceClass, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if len(s.refuse) > 0 {
		err := s.refuse[0]
		s.refuse = s.refuse[1:]
		if err != nil {
			return nil, err
		}
	}
	if r.Pts == 0 || r.Date == 0 {
		return nil, tgerr.New(400, "PERSISTENT_TIMESTAMP_EMPTY")
	}
	if r.Qts > s.qts {
		return nil, tgerr.New(400, "PERSISTENT_TIMESTAMP_INVALID")
	}
	if s.tooLong {
		s.tooLong = false
		return &tg.UpdatesDifferenceTooLong{Pts: s.pts}, nil
	}
	return s.difference(r), nil
}

func (s *server) difference(r *tg.UpdatesGetDifferenceRequest) tg.UpdatesDifferenceClass {
	var others []tg.UpdateClass
	var messages []tg.MessageClass
	users := map[int64]tg.UserClass{}
	end := s.state()
	full := func() bool { return s.slice > 0 && len(others)+len(messages) == s.slice }
	cut := false
	for _, u := range s.members {
		qts, _ := tg.IsQtsUpdate(u)
		switch {
		case qts <= r.Qts || qts <= s.floor || cut:
			continue
		case full():
			cut, end.Qts, end.Pts = true, qts-1, r.Pts
			continue
		}
		others = append(others, u)
		if p, ok := u.(*tg.UpdateChannelParticipant); ok {
			users[p.UserID] = person(p.UserID, "")
		}
	}
	for _, m := range s.messages {
		switch {
		case m.ID <= r.Pts || cut:
			continue
		case full():
			cut, end.Pts = true, m.ID-1
			continue
		}
		messages = append(messages, m)
		if p, ok := m.PeerID.(*tg.PeerUser); ok {
			users[p.UserID] = person(p.UserID, "ru")
		}
	}
	list := slices.Collect(maps.Values(users))
	switch {
	case cut:
		return &tg.UpdatesDifferenceSlice{OtherUpdates: others, NewMessages: messages, Users: list, IntermediateState: end}
	case len(others)+len(messages) == 0 && end.Qts == r.Qts && end.Pts == r.Pts:
		return &tg.UpdatesDifferenceEmpty{Date: s.date, Seq: 1}
	}
	return &tg.UpdatesDifference{OtherUpdates: others, NewMessages: messages, Users: list, State: end}
}

func (s *server) ChannelsGetParticipant(
	_ context.Context, r *tg.ChannelsGetParticipantRequest,
) (*tg.ChannelsChannelParticipant, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.questions = append(s.questions, r)
	return s.onRow()
}

func (s *server) MessagesSendMessage(_ context.Context, r *tg.MessagesSendMessageRequest) (tg.UpdatesClass, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent = append(s.sent, r)
	if s.onSend != nil {
		return s.onSend(r)
	}
	s.pts++
	return &tg.UpdateShortSentMessage{Out: true, ID: s.pts, Pts: s.pts, PtsCount: 1, Date: s.date}, nil
}

func (s *server) MessagesEditMessage(_ context.Context, r *tg.MessagesEditMessageRequest) (tg.UpdatesClass, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.edited = append(s.edited, r)
	if s.onEdit != nil {
		return s.onEdit(r)
	}
	s.pts++
	m := &tg.Message{ID: r.ID, Out: true, PeerID: &tg.PeerUser{UserID: ann}, Date: 1, EditDate: s.date}
	return &tg.Updates{Updates: []tg.UpdateClass{&tg.UpdateEditMessage{Message: m, Pts: s.pts, PtsCount: 1}}}, nil
}

func (s *server) MessagesSetBotCallbackAnswer(
	ctx context.Context, r *tg.MessagesSetBotCallbackAnswerRequest,
) (bool, error) {
	if s.notice != nil {
		select {
		case <-s.notice:
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notices = append(s.notices, r)
	return s.onNotice == nil, s.onNotice
}

// now reads a field of the server under its lock.
func read[T any](s *server, f func(*server) T) T {
	s.mu.Lock()
	defer s.mu.Unlock()
	return f(s)
}

// book is a roster as far as the bot knows one: effect and position in one step.
type book struct {
	mu      sync.Mutex
	state   membership.BotState
	known   bool
	taken   []membership.Batch
	events  map[membership.Identity]int
	replies map[membership.ReplyKey]membership.Reply
	people  map[membership.UserID]membership.Subscriber
	gaps    []membership.Gap
	writes  int

	failSink  func(membership.Batch) error
	failWrite error
}

func newBook() *book {
	return &book{
		events: map[membership.Identity]int{}, replies: map[membership.ReplyKey]membership.Reply{},
		people: map[membership.UserID]membership.Subscriber{},
	}
}

// ingest, like UpdateBotState, does not look at the context: that nothing is taken in or written after a failure is the bot's own
// promise.
func (k *book) ingest(_ context.Context, b membership.Batch) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.failSink != nil {
		if err := k.failSink(b); err != nil {
			return err
		}
	}
	k.taken = append(k.taken, b)
	for _, e := range b.Events {
		k.events[e.Identity()]++
	}
	for _, c := range b.Contacts {
		k.people[c.User] = k.people[c.User].Hear(c)
	}
	for _, r := range b.Replies {
		k.replies[r.Key()] = r
	}
	if b.Gap != nil {
		k.gaps = append(k.gaps, *b.Gap)
	}
	k.state.Qts = max(k.state.Qts, b.Qts)
	if to := b.State; to != nil {
		s := &k.state
		s.Pts, s.Qts, s.Date, s.Seq = max(s.Pts, to.Pts), max(s.Qts, to.Qts), max(s.Date, to.Date), max(s.Seq, to.Seq)
	}
	return nil
}

func (k *book) BotState(_ context.Context, id membership.UserID) (membership.BotState, bool, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if id != self {
		return membership.BotState{}, false, errors.New("another bot's position was asked for")
	}
	return k.state, k.known, nil
}

func (k *book) UpdateBotState(_ context.Context, _ membership.UserID, change func(*membership.BotState)) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.failWrite != nil {
		return k.failWrite
	}
	k.writes++
	change(&k.state)
	k.known = true
	return nil
}

func look[T any](k *book, f func(*book) T) T {
	k.mu.Lock()
	defer k.mu.Unlock()
	return f(k)
}

// stage is a bot between a server and a book.
type stage struct {
	*bot.Bot
	server *server
	book   *book
	hear   telegram.UpdateHandler
	stop   context.CancelFunc
	done   chan error // capacity 1: what Listen returned
}

func config(s *server, k *book) bot.Config {
	return bot.Config{
		Self: self, Username: "rollcall_bot", State: k, API: s,
		Group: membership.Group{ID: group, Kind: membership.Supergroup, Title: "Chess Club", Username: "chessclub"},
		Now:   time.Now,
	}
}

// listen starts a bot; settle after it for the first difference.
func listen(s *server, k *book) *stage { return listenAs(bot.New(config(s, k)), s, k) }

func listenAs(b *bot.Bot, s *server, k *book) *stage {
	ctx, cancel := context.WithCancel(context.Background())
	st := &stage{Bot: b, server: s, book: k, hear: b.Handler(), stop: cancel, done: make(chan error, 1)}
	go func() { st.done <- b.Listen(ctx, s, k.ingest) }() // closed waits for it
	return st
}

func (st *stage) deliver(us ...tg.UpdatesClass) {
	for _, u := range us {
		if err := st.hear.Handle(context.Background(), u); err != nil && !errors.Is(err, context.Canceled) {
			panic(err)
		}
	}
}

// close ends Listen and returns what it returned.
func (st *stage) close() error {
	st.stop()
	return <-st.done
}
