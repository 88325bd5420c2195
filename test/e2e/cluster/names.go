//go:build e2e

package cluster

import (
	"context"
	"fmt"
	"net"
	"strings"

	"golang.org/x/net/dns/dnsmessage"
	corev1 "k8s.io/api/core/v1"
)

const clusterDomain = "cluster.local"

// names is the DNS server of the cluster. It answers the names of Services, as the specification of Kubernetes' DNS says:
// with the ClusterIP, or with the addresses of the ready pods.
type names struct{ informers *watched }

// run answers until the context ends.
func (n *names) run(ctx context.Context) error {
	conn, err := net.ListenPacket("udp", net.JoinHostPort(nodeIP, "53"))
	if err != nil {
		return err
	}
	go func() {
		<-ctx.Done()
		_ = conn.Close()
	}()
	go func() {
		for buffer := make([]byte, 4096); ; {
			size, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return // it is closed
			}
			if answer, err := n.answer(buffer[:size]); err == nil {
				_, _ = conn.WriteTo(answer, from)
			}
		}
	}()
	return nil
}

func (n *names) answer(query []byte) ([]byte, error) {
	var parser dnsmessage.Parser
	header, err := parser.Start(query)
	if err != nil {
		return nil, err
	}
	question, err := parser.Question()
	if err != nil {
		return nil, err
	}
	addresses, known := n.lookup(strings.ToLower(question.Name.String()))
	reply := dnsmessage.Header{ID: header.ID, Response: true, Authoritative: true, RecursionDesired: header.RecursionDesired}
	if !known {
		reply.RCode = dnsmessage.RCodeNameError
	}
	message := dnsmessage.Message{Header: reply, Questions: []dnsmessage.Question{question}}
	for _, address := range addresses {
		ip := net.ParseIP(address).To4()
		if ip == nil || question.Type != dnsmessage.TypeA {
			continue
		}
		message.Answers = append(message.Answers, dnsmessage.Resource{
			Header: dnsmessage.ResourceHeader{Name: question.Name, Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET, TTL: 5},
			Body:   &dnsmessage.AResource{A: [4]byte(ip)},
		})
	}
	return message.Pack()
}

// lookup returns the addresses of a name that ends with a dot.
func (n *names) lookup(name string) (addresses []string, known bool) {
	name, ok := strings.CutSuffix(name, ".svc."+clusterDomain+".")
	labels := strings.Split(name, ".")
	if !ok || len(labels) != 2 {
		return nil, false
	}
	service, err := n.informers.services.Services(labels[1]).Get(labels[0])
	if err != nil {
		return nil, false
	}
	if service.Spec.ClusterIP != corev1.ClusterIPNone {
		return []string{service.Spec.ClusterIP}, true
	}
	addresses, err = n.informers.endpoints(service)
	return addresses, err == nil
}

// resolvConf is the /etc/resolv.conf of the pods of a namespace.
func resolvConf(namespace string) string {
	const domain = "svc." + clusterDomain
	return fmt.Sprintf("search %s.%s %s %s\nnameserver %s\noptions ndots:5\n", namespace, domain, domain, clusterDomain, nodeIP)
}
