package session

import (
	"fmt"
	"io"
	"log/slog"
)

// redacted is all that a Secret ever prints.
const redacted = "[redacted]"

// Secret holds a token, password, passphrase or API hash. Under every fmt verb, in JSON, text, slog and zap it is "[redacted]",
// also as an unexported field of a printed struct: the value is behind a pointer, where fmt does not look.
type Secret struct{ value *string }

// NewSecret wraps s as it is; trimming a file's last newline is the caller's.
func NewSecret(s string) Secret { return Secret{value: &s} }

// Reveal returns the value. It is for handing on, not for printing.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// Empty reports whether there is no value.
func (s Secret) Empty() bool { return s.Reveal() == "" }

// Format implements fmt.Formatter, which every verb asks first.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// String implements fmt.Stringer.
func (s Secret) String() string { return redacted }

// MarshalText implements encoding.TextMarshaler, for JSON, YAML and map keys.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue implements slog.LogValuer.
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }
