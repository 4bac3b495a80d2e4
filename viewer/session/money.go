package session

import "terrane/wire/message"

// moneyBalanceRequest: this world knows no money; everybody has none of it.
func (s *Session) moneyBalanceRequest(m *message.MoneyBalanceRequest) {
	reply := &message.MoneyBalanceReply{}
	reply.MoneyData.AgentID = s.id()
	reply.MoneyData.TransactionID = m.MoneyData.TransactionID
	reply.MoneyData.TransactionSuccess = true
	reply.MoneyData.Description = []byte{0}
	reply.TransactionInfo.ItemDescription = []byte{0}
	s.send(reply, reliable)
}

// economyDataRequest: nothing costs anything. The other numbers are OpenSimulator's.
func (s *Session) economyDataRequest(*message.EconomyDataRequest) {
	reply := &message.EconomyData{}
	i := &reply.Info
	i.ObjectCapacity = objectCapacity
	i.PricePublicObjectDecay = 4
	i.PriceParcelClaimFactor = 1
	i.TeleportPriceExponent = 2
	i.EnergyEfficiency = 1
	i.PriceObjectScaleFactor = 10
	s.send(reply, reliable)
}

// objectCapacity is how many prims a region holds.
const objectCapacity = 45000

// sendHealth: nobody is hurt here.
func (s *Session) sendHealth() {
	m := &message.HealthMessage{}
	m.HealthData.Health = 100
	s.send(m, reliable)
}
