package gen

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// A ReferenceGrant has at most 16 Services, so there is one more for the seventeenth.
func TestManyServicesInAnotherNamespace(t *testing.T) {
	g := &gateway{routes: &routes{services: map[string][]string{}}}
	g.ref = model.Ref{Namespace: "shop", Name: "orders"}
	for i := range 17 {
		g.routes.services["other"] = append(g.routes.services["other"], fmt.Sprintf("s%02d", i))
	}
	g.routes.services["another"] = []string{"s"}
	var got []string
	for _, typed := range routeObjects(g) {
		o := typed().(*gatewayv1.ReferenceGrant)
		got = append(got, fmt.Sprintf("%s/%s: %d from %s", o.Namespace, o.Name, len(o.Spec.To), o.Spec.From[0].Namespace))
	}
	want := []string{"another/orders.shop: 1 from shop", "other/orders.shop: 16 from shop", "other/orders.shop.2: 1 from shop"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("grants (-want +got):\n%s", diff)
	}
}
