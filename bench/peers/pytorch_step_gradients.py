"""Adds to verification cases of Mult-VAE the gradients inside its step, by PyTorch's autograd in double precision: those
of the logits, of mu and of logvar, each user's own. The step is computed anew from the case's inputs, and nothing is
written unless its loss and all its other gradients are the case's to 1e-12.
usage: pytorch_step_gradients.py CASE.json ...      (needs torch)"""
import json
import sys

import torch
import torch.nn.functional as F


def tensor(one):
    return torch.tensor(one["data"], dtype=torch.float64).reshape(one["shape"])


def text(one):
    return json.dumps({"shape": list(one.shape), "data": one.flatten().tolist()})


def reconstruction(config, x, f):
    if config["likelihood"] == "multinomial":
        return -(x * F.log_softmax(f, 1)).sum(1)
    if config["likelihood"] == "logistic":
        return F.binary_cross_entropy_with_logits(f, x, reduction="none").sum(1)
    c = torch.where(x == 1, config["gaussian_c1"], config["gaussian_c0"])
    return (c / 2 * (x - f) ** 2).sum(1)


for path in sys.argv[1:]:
    source = open(path).read()
    case = json.loads(source)
    config, inputs, expected = case["config"], case["inputs"], case["expected"]
    parameters = {name: tensor(one).requires_grad_() for name, one in inputs["parameters"].items()}
    x, mask, epsilon = (tensor(inputs[name][0]) for name in ("x", "dropout_mask", "epsilon"))

    def stack(side, h):
        layers = len(config["hidden"]) + 1
        for layer in range(layers):
            h = h @ parameters[f"{side}.{layer}.weight"] + parameters[f"{side}.{layer}.bias"]
            h = h if layer == layers - 1 else torch.tanh(h)
        return h

    head = stack("encoder", x / x.norm(dim=1, keepdim=True) * mask / config["keep_probability"])
    mu, logvar = (part.detach().requires_grad_() for part in head.chunk(2, 1))
    f = stack("decoder", mu + epsilon * torch.exp(logvar / 2))
    f.retain_grad()
    kl = -(1 + logvar - mu ** 2 - torch.exp(logvar)).sum(1) / 2
    decay = config["weight_decay"] / 2 * sum((p ** 2).sum() for n, p in parameters.items() if n.endswith("weight"))
    loss = reconstruction(config, x, f).mean() + config["beta"] * kl.mean() + decay
    loss.backward()
    head.backward(torch.cat([mu.grad, logvar.grad], 1))
    found = {"loss": loss.detach(), **{name: p.grad for name, p in parameters.items()}}
    wanted = {"loss": torch.tensor(expected["loss"], dtype=torch.float64),
              **{name: tensor(one) for name, one in expected["gradients"].items()}}
    for name, value in wanted.items():
        distance = ((found[name] - value).norm() / value.norm()).item()
        if distance > 1e-12:
            sys.exit(f"{path}: {name} is {distance:.1e} from the case's; nothing was written")
    added = "".join(f'"d{name}": {text(value.grad)}, '
                    for name, value in (("logits", f), ("mu", mu), ("logvar", logvar)) if f"d{name}" not in expected)
    at = source.index('"gradients": {', source.index('"expected": {'))
    open(path, "w").write(source[:at] + added + source[at:])
    print(f"{path}: {added.count('shape')} added")
