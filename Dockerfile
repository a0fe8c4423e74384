# The course in a container. Not tried: written from the documentation of micromamba and conda-forge.
#
#   docker build -t genlab .                             for processors
#   docker build -t genlab --build-arg CUDA=12.6 .       for a graphics card with that version of CUDA
#   docker run --rm -p 8888:8888 genlab                  then open the address that it prints; with a card: --gpus all
#
# conda-forge chooses its build of PyTorch by the version of CUDA that it is told of; none means processors.
FROM mambaorg/micromamba:2
ARG CUDA=""
# So that commands below, and shells in the container, run in the environment.
ARG MAMBA_DOCKERFILE_ACTIVATE=1

COPY --chown=$MAMBA_USER:$MAMBA_USER . /home/mambauser/genlab
WORKDIR /home/mambauser/genlab
RUN CONDA_OVERRIDE_CUDA="$CUDA" micromamba install --yes --name base --file environment.yml \
    && micromamba clean --all --yes \
    && (genlab doctor --quick || true)

EXPOSE 8888
CMD ["jupyter", "lab", "--ip=0.0.0.0", "--no-browser", "notebooks"]
