package scenario

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// split takes a line apart into words. What stands in double quotes is one word, with its quotes; "#" begins a comment.
func split(line string) []string {
	var words []string
	for {
		line = strings.TrimLeftFunc(line, unicode.IsSpace)
		if line == "" || line[0] == '#' {
			return words
		}
		n := strings.IndexFunc(line, unicode.IsSpace)
		if n < 0 {
			n = len(line)
		}
		if quote, err := strconv.QuotedPrefix(line); err == nil && line[0] == '"' && endsWord(line[len(quote):]) {
			n = len(quote)
		}
		words, line = append(words, line[:n]), line[n:]
	}
}

// endsWord says whether a word is over before the rest of the line.
func endsWord(rest string) bool {
	r, _ := utf8.DecodeRuneInString(rest)
	return rest == "" || unicode.IsSpace(r)
}

// parser takes one word after the other.
type parser struct{ words []string }

func (p *parser) peek() string {
	if len(p.words) == 0 {
		return ""
	}
	return p.words[0]
}

func (p *parser) next() string {
	w := p.peek()
	if w != "" {
		p.words = p.words[1:]
	}
	return w
}

// rest takes all that is left.
func (p *parser) rest() string {
	text := strings.Join(p.words, " ")
	p.words = nil
	return text
}

// text takes all that is left, as what somebody says: words with one space between them, or one in quotes for any other.
func (p *parser) text() (string, error) {
	if !strings.HasPrefix(p.peek(), `"`) {
		return p.rest(), nil
	}
	quote := p.next()
	text, err := strconv.Unquote(quote)
	switch {
	case err != nil:
		return "", fmt.Errorf(`%s begins with a quote and is not one, as in "two\nlines"`, strconv.QuoteToGraphic(quote))
	case !utf8.ValidString(text):
		return "", errNotUTF8
	}
	return text, p.end()
}

func (p *parser) end() error {
	if extra := p.peek(); extra != "" {
		return fmt.Errorf("%q is too much", extra)
	}
	return nil
}

var errNotUTF8 = errors.New("it is not UTF-8")

// spoken is what parser.text reads as the text. Nothing in it moves a terminal's cursor or hides.
func spoken(text string) string {
	plain := !strings.HasPrefix(text, `"`) && strings.Join(split(text), " ") == text
	for _, r := range text {
		plain = plain && (r == ' ' || unicode.IsGraphic(r) && !unicode.IsSpace(r))
	}
	if plain {
		return text
	}
	return strconv.QuoteToGraphic(text)
}

var username = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,31}$`)

// readUsername reads the name of a group or person.
func readUsername(text string) (string, error) {
	name := strings.TrimPrefix(text, "@")
	if !username.MatchString(name) {
		return "", fmt.Errorf("%q is no username", text)
	}
	return name, nil
}
