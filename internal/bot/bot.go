package bot

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/gotd/td/telegram"
	"github.com/gotd/td/tg"

	"rollcall/internal/membership"
)

var (
	// ErrNotConnected means that the bot was not given its connection yet; see Bot.Use.
	ErrNotConnected = errors.New("the bot is not connected")
	// ErrNotListening means that Listen is not running.
	ErrNotListening = errors.New("the bot is not listening")
	// ErrAhead means that our position was ahead of the server's, as after a change of server. It was set back.
	ErrAhead = errors.New("our position was ahead of the server's")
)

// API is the part of Telegram that the bot calls; *tg.Client has it.
type API interface {
	UpdatesGetState(context.Context) (*tg.UpdatesState, error)
	UpdatesGetDifference(context.Context, *tg.UpdatesGetDifferenceRequest) (tg.UpdatesDifferenceClass, error)
	ChannelsGetFullChannel(context.Context, tg.InputChannelClass) (*tg.MessagesChatFull, error)
	ChannelsGetParticipant(context.Context, *tg.ChannelsGetParticipantRequest) (*tg.ChannelsChannelParticipant, error)
	MessagesGetFullChat(ctx context.Context, chat int64) (*tg.MessagesChatFull, error)
	MessagesSendMessage(context.Context, *tg.MessagesSendMessageRequest) (tg.UpdatesClass, error)
	MessagesEditMessage(context.Context, *tg.MessagesEditMessageRequest) (tg.UpdatesClass, error)
	MessagesSetBotCallbackAnswer(context.Context, *tg.MessagesSetBotCallbackAnswerRequest) (bool, error)
}

// State keeps the bot's position among its updates.
type State interface {
	BotState(ctx context.Context, bot membership.UserID) (membership.BotState, bool, error)
	UpdateBotState(ctx context.Context, bot membership.UserID, change func(*membership.BotState)) error
}

// Sink takes a batch in durably, or fails. It must not call back into the Bot and wait for more updates.
type Sink func(context.Context, membership.Batch) error

// Texts is what the owner has to say, verbatim.
type Texts struct {
	// Welcome is what members get; empty for a default in their language.
	Welcome string
	// Links are the deep-link payloads with what they promise: a text, or a URL, which becomes a button.
	Links map[string]string
	// JoinLink is the way in for strangers: a URL, t.me/…, or @name. Empty for the group's own username.
	JoinLink string
}

// Config is what a Bot is made of.
type Config struct {
	Self     membership.UserID
	Username string // of the bot, without @
	Group    membership.Group
	API      API // may be nil until Use or Listen gives it
	State    State
	Now      func() time.Time // our clock; nil for time.Now
	// ServerNow is Telegram's clock as far as we know it; nil for Now.
	ServerNow func() time.Time
	Texts     Texts
}

// Bot is the companion bot. Its methods may be called from several goroutines.
type Bot struct {
	cfg     Config
	tongues tongues

	wake chan struct{}        // capacity 1, never closed: a reconnect, or doubt, asks for the difference
	own  chan tg.UpdatesClass // capacity ownQueue, never closed: what our own calls moved

	mu   sync.Mutex
	api  API   // guarded by mu
	feed *feed // guarded by mu; nil while nobody listens
	said Texts // guarded by mu

	seen membership.ListVersion // of a basic group's list
}

// ownQueue is how many results of our own calls wait to be counted. One that does not fit costs a getDifference, nothing else.
const ownQueue = 64

// New makes a bot. It does not call Telegram.
func New(cfg Config) *Bot {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.ServerNow == nil {
		cfg.ServerNow = cfg.Now
	}
	return &Bot{cfg: cfg, api: cfg.API, said: cfg.Texts, wake: make(chan struct{}, 1), own: make(chan tg.UpdatesClass, ownQueue)}
}

// SetTexts changes what the owner has to say, from the next message on.
func (b *Bot) SetTexts(t Texts) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.said = t
}

func (b *Bot) texts() Texts {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.said
}

// Use gives the bot its connection.
func (b *Bot) Use(api API) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.api = api
}

func (b *Bot) connection() (API, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.api == nil {
		return nil, ErrNotConnected
	}
	return b.api, nil
}

// Handler takes updates from the connection. What comes while nobody listens is dropped: Listen begins with asking for it.
func (b *Bot) Handler() telegram.UpdateHandler { return telegram.UpdateHandlerFunc(b.handle) }

func (b *Bot) handle(ctx context.Context, u tg.UpdatesClass) error {
	f := b.listening()
	if f == nil {
		return nil
	}
	kept, ok := b.strain(u)
	if !ok {
		return nil
	}
	return f.push(ctx, kept)
}

// Wake asks Telegram for what was missed: td's manager does not after a reconnect. It never blocks.
func (b *Bot) Wake() {
	select {
	case b.wake <- struct{}{}:
	default: // one is on its way already
	}
}

// count lets the feed know what one of our own calls did to the sequence of messages; without it the next message from anybody
// would look like a gap and wait for half a second (gotd#1382).
func (b *Bot) count(u tg.UpdatesClass) {
	select {
	case b.own <- u:
	default: // full: the gap is healed by asking
	}
}

func (b *Bot) listening() *feed {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.feed
}

func (b *Bot) listen(f *feed) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.feed = f
}
