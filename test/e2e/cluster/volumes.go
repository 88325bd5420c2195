//go:build e2e

package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const tokenSeconds = 3600

// etc writes what the kubelet adds to the /etc of containers.
func (p *podProcess) etc() error {
	return errors.Join(
		put(filepath.Join(p.dir, "hosts"), fmt.Appendf(nil, "127.0.0.1 localhost\n%s %s\n", p.address, p.pod.Name)),
		put(filepath.Join(p.dir, "resolv.conf"), []byte(resolvConf(p.pod.Namespace))),
	)
}

// volumes brings the pod's volumes up to date.
func (p *podProcess) volumes(ctx context.Context) error {
	for i := range p.pod.Spec.Volumes {
		volume := &p.pod.Spec.Volumes[i]
		if err := p.volume(ctx, volume, filepath.Join(p.dir, "volumes", volume.Name)); err != nil {
			return fmt.Errorf("%s: %w", volume.Name, err)
		}
	}
	return nil
}

func (p *podProcess) volume(ctx context.Context, volume *corev1.Volume, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	switch {
	case volume.EmptyDir != nil:
		return os.Chmod(dir, 0o777)
	case volume.ConfigMap != nil:
		return p.configMap(dir, volume.ConfigMap.Name, volume.ConfigMap.Items, volume.ConfigMap.Optional)
	case volume.Secret != nil:
		return p.secret(dir, volume.Secret.SecretName, volume.Secret.Items, volume.Secret.Optional)
	case volume.Projected != nil:
		for i := range volume.Projected.Sources {
			if err := p.projection(ctx, dir, &volume.Projected.Sources[i]); err != nil {
				return err
			}
		}
		return nil
	default:
		return fmt.Errorf("its kind is not supported")
	}
}

func (p *podProcess) projection(ctx context.Context, dir string, source *corev1.VolumeProjection) error {
	switch {
	case source.ConfigMap != nil:
		return p.configMap(dir, source.ConfigMap.Name, source.ConfigMap.Items, source.ConfigMap.Optional)
	case source.Secret != nil:
		return p.secret(dir, source.Secret.Name, source.Secret.Items, source.Secret.Optional)
	case source.ServiceAccountToken != nil:
		return p.token(ctx, filepath.Join(dir, source.ServiceAccountToken.Path))
	case source.DownwardAPI != nil:
		for _, item := range source.DownwardAPI.Items {
			text, err := p.field(item.FieldRef.FieldPath)
			if err != nil {
				return err
			}
			if err := put(filepath.Join(dir, item.Path), []byte(text)); err != nil {
				return err
			}
		}
		return nil
	default:
		return fmt.Errorf("a source that is not supported")
	}
}

func (p *podProcess) configMap(dir, name string, items []corev1.KeyToPath, optional *bool) error {
	object, err := p.kubelet.informers.configMaps.ConfigMaps(p.pod.Namespace).Get(name)
	if err != nil {
		if optional != nil && *optional {
			return nil
		}
		return err
	}
	data := map[string][]byte{}
	for key, text := range object.Data {
		data[key] = []byte(text)
	}
	return fill(dir, data, items)
}

func (p *podProcess) secret(dir, name string, items []corev1.KeyToPath, optional *bool) error {
	object, err := p.kubelet.informers.secrets.Secrets(p.pod.Namespace).Get(name)
	if err != nil {
		if optional != nil && *optional {
			return nil
		}
		return err
	}
	return fill(dir, object.Data, items)
}

// fill writes the keys of an object, or those of them that items name, as files.
func fill(dir string, data map[string][]byte, items []corev1.KeyToPath) error {
	if items == nil {
		for key := range data {
			items = append(items, corev1.KeyToPath{Key: key, Path: key})
		}
	}
	for _, item := range items {
		text, ok := data[item.Key]
		if !ok {
			return fmt.Errorf("no key %s", item.Key)
		}
		if err := put(filepath.Join(dir, item.Path), text); err != nil {
			return err
		}
	}
	return nil
}

// token writes a token of the pod's service account, for an hour, and again when half of that is over.
func (p *podProcess) token(ctx context.Context, file string) error {
	if time.Now().Before(p.tokens[file]) {
		return nil
	}
	seconds := int64(tokenSeconds)
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{
		ExpirationSeconds: &seconds,
		BoundObjectRef:    &authenticationv1.BoundObjectReference{APIVersion: "v1", Kind: "Pod", Name: p.pod.Name, UID: p.pod.UID},
	}}
	reply, err := p.kubelet.client.CoreV1().ServiceAccounts(p.pod.Namespace).
		CreateToken(ctx, p.pod.Spec.ServiceAccountName, request, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	p.tokens[file] = time.Now().Add(tokenSeconds / 2 * time.Second)
	return put(file, []byte(reply.Status.Token))
}
