// JSON of nets.
#include "akin/report/json.h"

namespace akin {

using nlohmann::json;

namespace {

json layer_json(const nn::NetSpec& spec, std::size_t i) {
  const nn::LayerSpec& layer = spec.layers()[i];
  std::int64_t parameters = 0;
  for (const nn::WeightSpec& weight : spec.shape(i).weights) parameters += nn::count_of(weight.shape);
  return {{"name", layer.name},
          {"kind", nn::kind_info(layer.kind).name},
          {"inputs", layer.inputs},
          {"output_shape", spec.shape(i).output},
          {"parameters", parameters}};
}

json epochs_json(const nets::History& history) {
  json epochs = json::array();
  for (const nets::EpochResult& epoch : history.epochs) {
    json entry = {{"epoch", epoch.epoch}, {"seconds", epoch.seconds}};
    for (const auto& [name, score] : epoch.scores) entry[name] = score;
    epochs.push_back(std::move(entry));
  }
  return epochs;
}

}  // namespace

json net_json(const nn::NetSpec& spec) {
  json layers = json::array();
  for (std::size_t i = 0; i < spec.layers().size(); ++i) layers.push_back(layer_json(spec, i));
  return {{"net", spec.name()},
          {"layers", std::move(layers)},
          {"parameters", spec.parameters()},
          {"trainable_parameters", spec.trainable_parameters()}};
}

json trained_net_json(const nets::TrainedNet& trained, const std::string& path) {
  json result = {{"net", trained.net.spec().name()},
                 {"parameters", trained.net.spec().parameters()},
                 {"epochs", epochs_json(trained.history)},
                 {"best_epoch", trained.history.best_epoch},
                 {"stopped_early", trained.history.stopped_early},
                 {"file", path}};
  if (!trained.test.empty()) result["held_out"] = trained.test;
  result["constant"] = trained.constant;
  result["constant_part"] = trained.constant_part;
  for (const nn::GradientNorm& norm : trained.norms) result["gradient_norms"][norm.layer] = norm.norm;
  for (const nn::StepGradientNorms& norms : trained.step_norms)
    result["step_gradient_norms"][norms.layer] = norms.norms;
  return result;
}

json net_scores_json(const nets::NetScores& scores) {
  return {{"part", scores.part},
          {"samples", scores.samples},
          {"scores", scores.scores},
          {"constant", scores.constant}};
}

json predictions_json(const nets::NetPredictions& predictions) {
  json result = {{"shape", predictions.values.shape}, {"values", predictions.values.floats()}};
  const nn::Array& targets = predictions.targets;
  if (targets.samples() > 0 && targets.is_ids()) result["targets"] = targets.ids();
  if (targets.samples() > 0 && !targets.is_ids()) result["targets"] = targets.floats();
  return result;
}

}  // namespace akin
