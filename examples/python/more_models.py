"""Models beside the notebook's: vector-valued with a Jacobian action, without a gradient, and one that is not a number.

    gradcheck model --spawn 'python more_models.py' --model rotation
"""
import math, os, time, umbridge

class Rotation(umbridge.Model):
    """F(r, φ) = (r cos φ, r sin φ), with Jᵀv and J·u; with {"wrong": true} a sign in J·u is wrong."""
    def get_input_sizes(self, config): return [1, 1]
    def get_output_sizes(self, config): return [2]
    supports_evaluate = supports_gradient = supports_apply_jacobian = lambda self: True
    def __call__(self, theta, config):
        [r], [phi] = theta
        return [[r * math.cos(phi), r * math.sin(phi)]]
    def jacobian(self, in_wrt, theta):
        [r], [phi] = theta
        return [[math.cos(phi), math.sin(phi)], [-r * math.sin(phi), r * math.cos(phi)]][in_wrt]
    def gradient(self, out_wrt, in_wrt, theta, sens, config):
        return [sum(j * s for j, s in zip(self.jacobian(in_wrt, theta), sens))]
    def apply_jacobian(self, out_wrt, in_wrt, theta, vec, config):
        first, second = [j * vec[0] for j in self.jacobian(in_wrt, theta)]
        return [-first if config.get("wrong") and in_wrt == 1 else first, second]

class ForwardOnly(umbridge.Model):
    """|x0| + x1², and no gradient."""
    def get_input_sizes(self, config): return [2]
    def get_output_sizes(self, config): return [1]
    def supports_evaluate(self): return True
    def __call__(self, theta, config):
        x0, x1 = theta[0]
        return [[abs(x0) + x1 * x1]]

class NotANumber(umbridge.Model):
    """Its value is right, its gradient NaN; with {"value": "nan"} the value is NaN too."""
    def get_input_sizes(self, config): return [2]
    def get_output_sizes(self, config): return [1]
    supports_evaluate = supports_gradient = lambda self: True
    def __call__(self, theta, config):
        return [[float(config.get("value", sum(x * x for x in theta[0])))]]
    def gradient(self, out_wrt, in_wrt, theta, sens, config):
        return [float("nan"), 2 * sens[0] * theta[0][1]]

class Slow(umbridge.Model):
    """Σ i·x_i² of 60 numbers, after 20 milliseconds of sleep."""
    def get_input_sizes(self, config): return [60]
    def get_output_sizes(self, config): return [1]
    supports_evaluate = supports_gradient = lambda self: True
    def __call__(self, theta, config):
        time.sleep(0.02)
        return [[sum(i * x * x for i, x in enumerate(theta[0], 1))]]
    def gradient(self, out_wrt, in_wrt, theta, sens, config):
        return [2 * sens[0] * i * x for i, x in enumerate(theta[0], 1)]

if __name__ == "__main__":
    umbridge.serve_models([
        Rotation("rotation"), ForwardOnly("forward-only"), NotANumber("not-a-number"), Slow("slow"),
    ], int(os.environ["PORT"]))
