package rpc

import (
	"reflect"
	"unicode/utf8"
)

// wellFormed says whether all text of a decoded request is UTF-8, as TL wants strings to be. Who got other text back, in
// somebody's name, could not decode an answer or would have to mend it. A walk by reflection takes in every method there
// is; a page of members spends less than a hundredth of its time on it.
func wellFormed(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.String:
		return utf8.ValidString(v.String())
	case reflect.Pointer, reflect.Interface:
		return v.IsNil() || wellFormed(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			if !wellFormed(v.Field(i)) {
				return false
			}
		}
	case reflect.Slice:
		switch v.Type().Elem().Kind() {
		case reflect.String, reflect.Struct, reflect.Interface, reflect.Pointer, reflect.Slice:
		default:
			return true // numbers, and bytes, which are no text
		}
		for i := range v.Len() {
			if !wellFormed(v.Index(i)) {
				return false
			}
		}
	default: // numbers and flags
	}
	return true
}
