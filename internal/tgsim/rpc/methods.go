package rpc

// registerWorld registers every method that is answered from the world.
func (s *Server) registerWorld() {
	s.registerUsers()
	s.registerChannels()
	s.registerMembers()
	s.registerUpdates()
	s.registerMessages()
	s.registerHistory()
	s.registerChats()
	s.registerInvites()
	s.registerJoins()
	s.registerSettings()
	s.registerFolders()
}
