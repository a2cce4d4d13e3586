package control

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"time"
)

// maxBody bounds a request; the longest message has 4096 characters.
const maxBody = 64 << 10

// decode reads exactly one JSON object without unknown fields.
func decode(rw http.ResponseWriter, r *http.Request, into any) error {
	d := json.NewDecoder(http.MaxBytesReader(rw, r.Body, maxBody))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("read request: %w", plainly(err))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("read request: there is more than one JSON object")
	}
	return nil
}

// plainly says what is wrong with a request to who does not know Go, which encoding/json writes for.
func plainly(err error) error {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		got, _, _ := strings.Cut(wrong.Value, " ") // as in "number 1.5"
		if wrong.Field == "" {
			return fmt.Errorf("it must be a JSON object, not of type %s", got)
		}
		return fmt.Errorf("%q must be %s, not %s", wrong.Field, kind(wrong.Type), wrong.Value)
	}
	if wrong, ok := errors.AsType[*time.ParseError](err); ok {
		return fmt.Errorf("%q is no time like 2026-03-01T12:00:00Z", strings.Trim(wrong.Value, `"`))
	}
	if wrong, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("it is no JSON from byte %d on", wrong.Offset)
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return fmt.Errorf("it has more than %d bytes", maxBody)
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok { // which is no type of error
		return fmt.Errorf("there is no %s here", name)
	}
	switch {
	case strings.HasPrefix(err.Error(), "Time.UnmarshalJSON"):
		return errors.New("a time must be a string like 2026-03-01T12:00:00Z")
	case errors.Is(err, io.EOF):
		return errors.New("it is empty, and must be a JSON object")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("it ends within its JSON")
	}
	return err
}

// kind is what JSON calls a value for the Go type.
func kind(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64:
		return "a whole number"
	default: // a span, or a pointer to one
		return "a string like \"90s\""
	}
}
