package bot

import (
	"embed"
	"fmt"
	"sync"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"

	"rollcall/internal/membership"
)

//go:embed texts/active.*.json
var textFiles embed.FS

// phrases are the texts built in. The files are part of the program: one that does not parse is a program that was never tested.
var phrases = sync.OnceValue(func() *i18n.Bundle {
	bundle := i18n.NewBundle(language.English)
	files, err := textFiles.ReadDir("texts")
	if err != nil {
		panic(fmt.Sprintf("bot: read the texts: %v", err))
	}
	for _, f := range files {
		if _, err := bundle.LoadMessageFileFS(textFiles, "texts/"+f.Name()); err != nil {
			panic(fmt.Sprintf("bot: read the texts: %v", err))
		}
	}
	return bundle
})

// speech is the built-in texts in one person's language.
type speech struct {
	localizer *i18n.Localizer
	names     map[string]string
}

// speaking prepares the texts for a person: in their language where we heard it lately and have it, else in English.
func (b *Bot) speaking(user membership.UserID) speech {
	s := speech{localizer: i18n.NewLocalizer(phrases(), b.tongues.of(int64(user)))}
	here := s.text("this_group")
	title, caption := plainTitle(b.cfg.Group.Title, titleLimit), plainTitle(b.cfg.Group.Title, captionLimit)
	if title == "" && b.cfg.Group.Username != "" {
		title, caption = "@"+b.cfg.Group.Username, "@"+b.cfg.Group.Username
	}
	if title == "" {
		title, caption = here, here
	}
	rightToLeft := s.text("direction") == "rtl"
	s.names = map[string]string{
		"Group": isolated(title, rightToLeft), "ShortGroup": isolated(caption, rightToLeft), "Check": s.text("button_check"),
	}
	return s
}

// text is one text by its key. Names are put in as they are: they are data, not templates.
func (s speech) text(key string) string {
	text, err := s.localizer.Localize(&i18n.LocalizeConfig{MessageID: key, TemplateData: s.names})
	if err != nil && text == "" {
		return key // a key missing everywhere; the texts' test finds it first
	}
	return text
}
