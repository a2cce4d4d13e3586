package rpc

import (
	"context"
	"fmt"
	"net"
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
}

// getConfig tells the one DC's real address: clients replace their list of DCs by this one.
func (s *Server) getConfig(context.Context, caller, *tg.HelpGetConfigRequest) (bin.Encoder, error) {
	host, portText, err := net.SplitHostPort(s.cfg.Address)
	if err != nil {
		return nil, fmt.Errorf("own address %q: %w", s.cfg.Address, err)
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return nil, fmt.Errorf("own port %q: %w", portText, err)
	}
	ip := net.ParseIP(host)
	now := s.cfg.Now()
	return &tg.Config{
		Date:    int(now.Unix()),
		Expires: int(now.Add(configLife).Unix()),
		ThisDC:  s.cfg.DC,
		DCOptions: []tg.DCOption{{
			ID: s.cfg.DC, IPAddress: host, Port: port, Ipv6: ip != nil && ip.To4() == nil, Static: true,
		}},
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

func (s *Server) getNearestDC(context.Context, caller, *tg.HelpGetNearestDCRequest) (bin.Encoder, error) {
	return &tg.NearestDC{Country: "NL", ThisDC: s.cfg.DC, NearestDC: s.cfg.DC}, nil
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
