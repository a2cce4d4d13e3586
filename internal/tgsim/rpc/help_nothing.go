package rpc

import (
	"context"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
)

// same answers every request alike with what fresh makes.
func same[R request](fresh func() bin.Encoder) func(context.Context, caller, R) (bin.Encoder, error) {
	return func(context.Context, caller, R) (bin.Encoder, error) { return fresh(), nil }
}

func yes() bin.Encoder { return &tg.BoolTrue{} }

// quiet is for how long there is nothing to tell.
const quiet = 24 * time.Hour

// registerNothingNew registers what clients ask for of their own accord, and what here is always empty or always so.
func (s *Server) registerNothingNew() {
	later := func() int { return int(s.cfg.Now().Add(quiet).Unix()) }
	register(s, func() *tg.HelpGetTermsOfServiceUpdateRequest { return new(tg.HelpGetTermsOfServiceUpdateRequest) },
		same[*tg.HelpGetTermsOfServiceUpdateRequest](func() bin.Encoder {
			return &tg.HelpTermsOfServiceUpdateEmpty{Expires: later()}
		}), anybody)
	register(s, func() *tg.HelpAcceptTermsOfServiceRequest { return new(tg.HelpAcceptTermsOfServiceRequest) },
		same[*tg.HelpAcceptTermsOfServiceRequest](yes), anybody)
	register(s, func() *tg.HelpGetPromoDataRequest { return new(tg.HelpGetPromoDataRequest) },
		same[*tg.HelpGetPromoDataRequest](func() bin.Encoder { return &tg.HelpPromoDataEmpty{Expires: later()} }), userOnly)
	register(s, func() *tg.HelpGetAppUpdateRequest { return new(tg.HelpGetAppUpdateRequest) },
		same[*tg.HelpGetAppUpdateRequest](func() bin.Encoder { return &tg.HelpNoAppUpdate{} }), anybody)
	register(s, func() *tg.HelpGetInviteTextRequest { return new(tg.HelpGetInviteTextRequest) },
		same[*tg.HelpGetInviteTextRequest](func() bin.Encoder {
			return &tg.HelpInviteText{Message: "Come here: https://telegram.org/dl"}
		}), userOnly)
	register(s, func() *tg.HelpSaveAppLogRequest { return new(tg.HelpSaveAppLogRequest) },
		same[*tg.HelpSaveAppLogRequest](yes), anybody)
	register(s, func() *tg.HelpGetPeerColorsRequest { return new(tg.HelpGetPeerColorsRequest) },
		same[*tg.HelpGetPeerColorsRequest](func() bin.Encoder { return &tg.HelpPeerColors{Hash: 1} }), anybody)
	register(s, func() *tg.HelpGetPeerProfileColorsRequest { return new(tg.HelpGetPeerProfileColorsRequest) },
		same[*tg.HelpGetPeerProfileColorsRequest](func() bin.Encoder { return &tg.HelpPeerColors{Hash: 1} }), anybody)
	register(s, func() *tg.HelpGetTimezonesListRequest { return new(tg.HelpGetTimezonesListRequest) },
		same[*tg.HelpGetTimezonesListRequest](func() bin.Encoder {
			return &tg.HelpTimezonesList{Hash: 1, Timezones: []tg.Timezone{{ID: "Europe/Amsterdam", Name: "Amsterdam", UtcOffset: 3600}}}
		}), anybody)
}

// registerLangpack registers the texts of Telegram's own apps, of which there are none here.
func (s *Server) registerLangpack() {
	english := func() *tg.LangPackLanguage {
		return &tg.LangPackLanguage{
			Official: true, Name: "English", NativeName: "English", LangCode: "en", PluralCode: "en",
			TranslationsURL: "https://translations.telegram.org/en/",
		}
	}
	register(s, func() *tg.LangpackGetLangPackRequest { return new(tg.LangpackGetLangPackRequest) },
		func(_ context.Context, _ caller, r *tg.LangpackGetLangPackRequest) (bin.Encoder, error) {
			return &tg.LangPackDifference{LangCode: r.LangCode, Version: 1}, nil
		}, anybody)
	register(s, func() *tg.LangpackGetDifferenceRequest { return new(tg.LangpackGetDifferenceRequest) },
		func(_ context.Context, _ caller, r *tg.LangpackGetDifferenceRequest) (bin.Encoder, error) {
			return &tg.LangPackDifference{LangCode: r.LangCode, FromVersion: r.FromVersion, Version: 1}, nil
		}, anybody)
	register(s, func() *tg.LangpackGetStringsRequest { return new(tg.LangpackGetStringsRequest) },
		func(_ context.Context, _ caller, r *tg.LangpackGetStringsRequest) (bin.Encoder, error) {
			out := &tg.LangPackStringClassVector{}
			for _, key := range r.Keys {
				out.Elems = append(out.Elems, &tg.LangPackStringDeleted{Key: key})
			}
			return out, nil
		}, anybody)
	register(s, func() *tg.LangpackGetLanguagesRequest { return new(tg.LangpackGetLanguagesRequest) },
		same[*tg.LangpackGetLanguagesRequest](func() bin.Encoder {
			return &tg.LangPackLanguageVector{Elems: []tg.LangPackLanguage{*english()}}
		}), anybody)
	register(s, func() *tg.LangpackGetLanguageRequest { return new(tg.LangpackGetLanguageRequest) },
		same[*tg.LangpackGetLanguageRequest](func() bin.Encoder { return english() }), anybody)
}
