"""The small models of the exactness fixtures: one row for each family and option of config.json.

Each row is a config.json as a person would find it (new files of transformers 5 say
`rope_parameters`; most files on the Hub say `rope_theta` and `rope_scaling`), and how the weights
are stored. The shapes are small, unequal and odd on purpose, so that a transposed or mixed-up axis
cannot go unseen.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class SmallModel:
    name: str
    config: dict
    # What the safetensors files hold, and config.json's dtype. Always computed in float32.
    stored: str = "float32"
    # Number of safetensors files; above 1 there is a model.safetensors.index.json.
    shards: int = 1
    # The part of config.json that must change the result: the maker checks that without it the
    # logits differ, so that a reader that ignores it cannot pass.
    without: dict = field(default_factory=dict)

    def config_json(self) -> dict:
        return self.config | {"dtype": self.stored}


def small_config(model_type: str, **changes) -> dict:
    architecture = {"llama": "Llama", "qwen2": "Qwen2", "qwen3": "Qwen3"}[model_type]
    config = {
        "architectures": [f"{architecture}ForCausalLM"],
        "model_type": model_type,
        "vocab_size": 64,
        "hidden_size": 32,
        "intermediate_size": 40,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "hidden_act": "silu",
        "rms_norm_eps": 1e-5,
        "max_position_embeddings": 256,
        "tie_word_embeddings": False,
        "attention_dropout": 0.0,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "use_cache": True,
    }
    config.update(changes)
    return {key: value for key, value in config.items() if value is not None}


PLAIN_ROPE = {"rope_theta": 10000.0, "rope_type": "default"}

SMALL_MODELS = [
    SmallModel("llama", small_config("llama", rope_parameters=PLAIN_ROPE)),
    SmallModel(
        "llama-tied-biases",
        small_config(
            "llama",
            tie_word_embeddings=True,
            attention_bias=True,
            mlp_bias=True,
            num_attention_heads=3,
            num_key_value_heads=3,
            hidden_size=30,
            head_dim=14,
            rms_norm_eps=1e-2,
            rope_theta=500.0,
        ),
        stored="bfloat16",
        without={"rms_norm_eps": 1e-5},
    ),
    SmallModel(
        "llama-linear",
        small_config(
            "llama", rope_theta=10000.0, rope_scaling={"type": "linear", "factor": 4.0}
        ),
        stored="float16",
        without={"rope_scaling": None},
    ),
    SmallModel(
        "llama-llama3",
        small_config(
            "llama",
            tie_word_embeddings=True,
            num_key_value_heads=1,
            head_dim=16,
            rope_theta=500000.0,
            rope_scaling={
                "rope_type": "llama3",
                "factor": 8.0,
                "low_freq_factor": 1.0,
                "high_freq_factor": 4.0,
                "original_max_position_embeddings": 64,
            },
            eos_token_id=[2, 3],
        ),
        stored="bfloat16",
        without={"rope_scaling": None},
    ),
    SmallModel(
        "llama-yarn",
        small_config(
            "llama",
            num_attention_heads=2,
            num_key_value_heads=1,
            rope_parameters={
                "rope_type": "yarn",
                "rope_theta": 10000.0,
                "factor": 8.0,
                "original_max_position_embeddings": 32,
                "mscale": 0.7,
                "mscale_all_dim": 1.3,
                "truncate": False,
                "beta_fast": 4.0,
            },
        ),
        stored="bfloat16",
        without={"rope_parameters": PLAIN_ROPE},
    ),
    SmallModel(
        "qwen2",
        small_config(
            "qwen2",
            hidden_size=24,
            rope_theta=1000000.0,
            rms_norm_eps=1e-6,
            sliding_window=16,
            use_sliding_window=False,
            max_window_layers=1,
        ),
        shards=3,
    ),
    SmallModel(
        "qwen2-tied",
        small_config(
            "qwen2",
            tie_word_embeddings=True,
            num_attention_heads=6,
            num_key_value_heads=2,
            hidden_size=36,
            rope_parameters={"rope_theta": 1000.0, "rope_type": "default"},
        ),
    ),
    SmallModel(
        "qwen2-yarn",
        small_config(
            "qwen2",
            hidden_size=40,
            max_position_embeddings=64,
            rope_theta=10000.0,
            rope_scaling={"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16},
        ),
        stored="bfloat16",
        without={"rope_scaling": None},
    ),
    SmallModel(
        "qwen3",
        small_config(
            "qwen3", hidden_size=24, head_dim=16, rope_theta=1000000.0, rms_norm_eps=1e-6, rope_scaling=None
        ),
        stored="bfloat16",
    ),
    SmallModel(
        "qwen3-tied",
        small_config(
            "qwen3",
            tie_word_embeddings=True,
            hidden_size=30,
            head_dim=10,
            num_attention_heads=5,
            num_key_value_heads=1,
            rope_parameters={"rope_theta": 10000.0, "rope_type": "default"},
        ),
    ),
    SmallModel(
        "qwen3-yarn",
        small_config(
            "qwen3",
            head_dim=12,
            max_position_embeddings=64,
            rope_parameters={
                "rope_theta": 5000.0,
                "rope_type": "yarn",
                "factor": 4.0,
                "original_max_position_embeddings": 16,
                "attention_factor": 1.5,
                "beta_fast": 3.0,
                "beta_slow": 0.5,
            },
        ),
        stored="bfloat16",
        without={"rope_parameters": {"rope_theta": 5000.0, "rope_type": "default"}},
    ),
]
