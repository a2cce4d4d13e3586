package rpc

import (
	"context"
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
)

// configLife is how long a client may keep the answer of help.getConfig. Telegram gives about an
// hour; an expiry in the past makes some clients ask without end.
const configLife = time.Hour

func (s *Server) registerHelp() {
	register(s, func() *tg.HelpGetConfigRequest { return new(tg.HelpGetConfigRequest) }, s.getConfig, anybody)
	register(s, func() *tg.HelpGetNearestDCRequest { return new(tg.HelpGetNearestDCRequest) }, s.getNearestDC, anybody)
	register(s, func() *tg.HelpGetAppConfigRequest { return new(tg.HelpGetAppConfigRequest) }, s.getAppConfig, anybody)
	register(s, func() *tg.HelpGetCDNConfigRequest { return new(tg.HelpGetCDNConfigRequest) }, s.getCDNConfig, anybody)
	register(s, func() *tg.HelpGetCountriesListRequest { return new(tg.HelpGetCountriesListRequest) }, s.getCountriesList, anybody)
	s.registerNothingNew()
	s.registerLangpack()
}

// dcOptions are the real addresses of all DCs, by number: clients replace their list of DCs by this one.
func (s *Server) dcOptions() ([]tg.DCOption, error) {
	all := maps.Clone(s.cfg.DCs)
	if len(all) == 0 {
		all = map[int]string{s.cfg.DC: s.cfg.Address}
	}
	var out []tg.DCOption
	for _, dc := range slices.Sorted(maps.Keys(all)) {
		host, portText, err := net.SplitHostPort(all[dc])
		if err != nil {
			return nil, fmt.Errorf("the address %q of DC %d: %w", all[dc], dc, err)
		}
		port, err := strconv.Atoi(portText)
		if err != nil {
			return nil, fmt.Errorf("the port %q of DC %d: %w", portText, dc, err)
		}
		ip := net.ParseIP(host)
		out = append(out, tg.DCOption{ID: dc, IPAddress: host, Port: port, Ipv6: ip != nil && ip.To4() == nil, Static: true})
	}
	return out, nil
}

func (s *Server) getConfig(_ context.Context, c caller, _ *tg.HelpGetConfigRequest) (bin.Encoder, error) {
	options, err := s.dcOptions()
	if err != nil {
		return nil, err
	}
	return &tg.Config{
		Date:                    int(s.cfg.Now().Unix()),
		Expires:                 int(s.cfg.Shown().Add(configLife).Unix()), // clients ask again from then on by their own clock
		ThisDC:                  c.DC,
		DCOptions:               options,
		DCTxtDomainName:         "apv3.stel.com",
		ChatSizeMax:             200,
		MegagroupSizeMax:        200000,
		ForwardedCountMax:       100,
		OnlineUpdatePeriodMs:    210000,
		OfflineBlurTimeoutMs:    5000,
		OfflineIdleTimeoutMs:    30000,
		OnlineCloudTimeoutMs:    300000,
		NotifyCloudDelayMs:      30000,
		NotifyDefaultDelayMs:    1500,
		PushChatPeriodMs:        60000,
		PushChatLimit:           2,
		EditTimeLimit:           172800,
		RevokeTimeLimit:         2147483647,
		RevokePmTimeLimit:       2147483647,
		RatingEDecay:            2419200,
		StickersRecentLimit:     200,
		CallReceiveTimeoutMs:    20000,
		CallRingTimeoutMs:       90000,
		CallConnectTimeoutMs:    30000,
		CallPacketTimeoutMs:     10000,
		MeURLPrefix:             "https://t.me/",
		CaptionLengthMax:        1024,
		MessageLengthMax:        4096,
		WebfileDCID:             s.cfg.DC,
		ChannelsReadMediaPeriod: 604800,
	}, nil
}

func (s *Server) getNearestDC(_ context.Context, c caller, _ *tg.HelpGetNearestDCRequest) (bin.Encoder, error) {
	return &tg.NearestDC{Country: "NL", ThisDC: c.DC, NearestDC: s.cfg.DC}, nil
}

// appConfigHash is the hash of the one application configuration there is.
const appConfigHash = 1

func (s *Server) getAppConfig(_ context.Context, _ caller, r *tg.HelpGetAppConfigRequest) (bin.Encoder, error) {
	if r.Hash == appConfigHash {
		return &tg.HelpAppConfigNotModified{}, nil
	}
	return &tg.HelpAppConfig{Hash: appConfigHash, Config: &tg.JSONObject{Value: []tg.JSONObjectValue{
		{Key: "hidden_members_group_size_min", Value: &tg.JSONNumber{Value: 100}},
	}}}, nil
}

func (s *Server) getCDNConfig(context.Context, caller, *tg.HelpGetCDNConfigRequest) (bin.Encoder, error) {
	return &tg.CDNConfig{}, nil
}

// countriesHash is the hash of the one list of countries there is.
const countriesHash = 1

// getCountriesList lists the countries of the test numbers and of a few people: a client needs them to show a phone
// number, not to log in.
func (s *Server) getCountriesList(_ context.Context, _ caller, r *tg.HelpGetCountriesListRequest) (bin.Encoder, error) {
	if r.Hash == countriesHash {
		return &tg.HelpCountriesListNotModified{}, nil
	}
	out := &tg.HelpCountriesList{Hash: countriesHash}
	for _, c := range []struct{ iso, name, code string }{
		{"DE", "Germany", "49"},
		{"FT", "Anonymous Numbers", "888"},
		{"GB", "United Kingdom", "44"},
		{"IR", "Iran", "98"},
		{"NL", "Netherlands", "31"},
		{"RU", "Russian Federation", "7"},
		{"US", "USA", "1"},
		{"YL", "Y-land", testPhone[:3]},
	} {
		code := tg.HelpCountryCode{CountryCode: c.code}
		out.Countries = append(out.Countries, tg.HelpCountry{
			ISO2: c.iso, DefaultName: c.name, CountryCodes: []tg.HelpCountryCode{code},
		})
	}
	return out, nil
}
